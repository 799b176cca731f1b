import { expect } from "vitest";
import { oneHot } from "../../src/data/classes.ts";
import { constant } from "../../src/graph/language.ts";
import { is, type Node } from "../../src/graph/node.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { rewriteGraph, topologicalOrder } from "../../src/graph/walk.ts";
import type { Program } from "../../src/lower/onnx/lower.ts";
import { gradientProgram } from "../../src/programs/gradient-program.ts";
import { noiseOf } from "../../src/programs/noise.ts";
import { parameterCount, vectorOf } from "../../src/programs/parameters.ts";
import type { Trainable } from "../../src/programs/trainable.ts";
import { openSession } from "../../src/runtime/ort.ts";
import { randomNumbers } from "../graph/primitive-cases.ts";
import { evaluate, type Feeds } from "../reference/evaluate.ts";

/**
 * What the programs of a trainable read, at some step. Weights are such that nothing vanishes, as some do in the
 * beginning.
 */
function feedsOf({ parts, noise, schedules = [], picture, classes }: Trainable, levels: number): Feeds {
  const numbers = randomNumbers(sizeOf(picture.shape), 4);
  const [batch, count] = [picture.shape[0]!, classes?.shape[1] ?? 1];
  const labels = Array.from({ length: batch }, (_, i) => (i + 1) % count);
  return {
    pictures: Float32Array.from(numbers, (value) => Math.floor(Math.abs(value) * 1000) % levels),
    ...(classes && { classes: oneHot(labels, count) }),
    ...noiseOf(noise, batch, 3)(1),
    ...Object.fromEntries(schedules.map(({ node, at }) => [node.attributes.name, [at(4)]])),
    ...Object.fromEntries(
      parts.map(({ name, declarations }, i) => [
        vectorOf(name),
        Float32Array.from(randomNumbers(parameterCount(declarations), 7 + i), (value) => value / 2),
      ]),
    ),
  };
}

/** Those of the numbers that a program reads. */
function inputsOf({ outputs }: Program, feeds: Feeds): Record<string, Float32Array> {
  const read = topologicalOrder(Object.values(outputs)).flatMap((node) =>
    is(node, "input") || is(node, "parameter") ? [node.attributes.name] : [],
  );
  return Object.fromEntries([...new Set(read)].map((name) => [name, Float32Array.from(feeds[name]!)]));
}

/** The graph in which what differentiation takes as constant is constant: as it is for these numbers. */
function withFixedConstants(graph: Node, feeds: Feeds): Node {
  const stopped = topologicalOrder([graph]).filter((node) => is(node, "stopGradient"));
  const values = evaluate(stopped, feeds);
  const fixed = new Map(stopped.map((node, i) => [node as Node, constant(values[i]!, node.shape)]));
  return rewriteGraph([graph], (node, original) => fixed.get(original) ?? node)[0]!;
}

/**
 * Expects the gradient of every part to agree, along a random direction, with differences of its loss in float64,
 * and ONNX Runtime to agree with float64.
 */
export async function expectGradients(trainable: Trainable, levels: number): Promise<void> {
  const feeds = feedsOf(trainable, levels);
  for (const part of trainable.parts) {
    const program = gradientProgram(trainable, part);
    const { loss, gradient } = program.outputs as Record<string, Node>;
    const vector = feeds[vectorOf(part.name)]!;
    const direction = randomNumbers(vector.length, 11);
    const fixed = withFixedConstants(loss!, feeds);
    const lossAt = (step: number) => {
      const moved = Float64Array.from(vector, (value, k) => value + step * direction[k]!);
      return evaluate([fixed], { ...feeds, [vectorOf(part.name)]: moved })[0]![0]!;
    };
    const byDifferences = (lossAt(1e-6) - lossAt(-1e-6)) / 2e-6;
    const values = evaluate([gradient!], feeds)[0]!;
    const byGradient = values.reduce((sum, value, k) => sum + value * direction[k]!, 0);
    expect(Math.abs(byGradient)).toBeGreaterThan(1e-3);
    expect(Math.abs(byGradient / byDifferences - 1), part.name).toBeLessThan(1e-6);

    const session = await openSession(program);
    const received = (await session.run(inputsOf(program, feeds)))["gradient"]!;
    await session.close();
    const scale = Math.max(1, ...values.map(Math.abs));
    values.forEach((value, k) => expect(Math.abs(received[k]! - value)).toBeLessThan(2e-5 * scale));
  }
}
