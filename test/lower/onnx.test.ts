import { describe, expect, test } from "vitest";
import * as g from "../../src/graph/language.ts";
import { type Node, is } from "../../src/graph/node.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { topologicalOrder } from "../../src/graph/walk.ts";
import { evaluate } from "../reference/evaluate.ts";
import { gradients } from "../../src/autodiff/gradients.ts";
import { leakyRelu } from "../../src/nn/nonlinearity.ts";
import { averagePool, repeatPixels } from "../../src/nn/resampling.ts";
import { openSession } from "../../src/runtime/ort.ts";
import { allCases, randomNumbers } from "../graph/primitive-cases.ts";

describe("ONNX Runtime on the CPU agrees with the float64 reference within 1e-5", () => {
  const both = allCases.flatMap((one) => [true, false].map((blocked) => ({ ...one, blocked })));
  test.each(both)("$op, case $index, blocked $blocked", async ({ case: { output, positive }, blocked }) => {
    const leaves = topologicalOrder([output]).filter(
      (node): node is Node<"input"> => is(node, "input") || is(node, "parameter"),
    );
    const feeds = Object.fromEntries(
      leaves.map((node, i) => [
        node.attributes.name,
        Float32Array.from(randomNumbers(sizeOf(node.shape), 10 + i, positive)),
      ]),
    );
    const session = await openSession({ name: "case", outputs: { output } }, { threads: 1, blocked });
    const { output: received } = await session.run(feeds);
    await session.close();
    const wanted = evaluate([output], feeds)[0]!;
    expect(received!.length).toBe(wanted.length);
    wanted.forEach((value, i) =>
      expect(Math.abs(received![i]! - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value))),
    );
  });

  test("a comparison can be an output, a condition and a factor at once", async () => {
    const x = g.input("x", [3]);
    const positive = g.greater(x, 0);
    const outputs = { positive, chosen: g.where(positive, 5, g.mul(positive, 7)) };
    const session = await openSession({ name: "comparison", outputs });
    const result = await session.run({ x: Float32Array.of(-1, 0, 2) });
    await session.close();
    expect([...result["positive"]!]).toEqual([0, 0, 1]);
    expect([...result["chosen"]!]).toEqual([0, 0, 5]);
  });

  test("an input of another size is refused by name", async () => {
    const session = await openSession({ name: "size", outputs: { y: g.neg(g.input("x", [3])) } });
    await expect(session.run({ x: new Float32Array(2) })).rejects.toThrow(
      "expected 3 numbers for x, received 2",
    );
    await session.close();
  });
});

describe("fields of whole blocks of channels agree with the float64 reference", () => {
  const around = { pad: { top: 1, left: 1, bottom: 1, right: 1 } };
  const field = g.parameter("x", [2, 32, 6, 4]);
  const weights = g.parameter("w", [16, 32, 3, 3]);
  const mixed = g.conv(field, weights, around);
  const narrow = g.conv(field, g.parameter("w", [16, 32, 1, 1]));
  const squared = (y: Node) => gradients(g.sum(g.mul(y, y)), [field])[0]!;
  test.each<[string, Node]>([
    ["a convolution", mixed],
    ["the gradient of its input", squared(mixed)],
    ["the gradient of its weights", gradients(g.sum(g.mul(mixed, mixed)), [weights])[0]!],
    ["the gradient of the input of a 1 x 1 convolution", squared(narrow)],
    ["squares averaged", averagePool(field)],
    ["squares averaged, a gradient", squared(averagePool(g.mul(field, field)))],
    ["pixels repeated", repeatPixels(field)],
    ["pixels repeated, a gradient", squared(repeatPixels(field))],
    ["leaky ReLU, a gradient", squared(leakyRelu(mixed))],
  ])("%s", async (_, output) => {
    const leaves = topologicalOrder([output]).filter((node): node is Node<"parameter"> =>
      is(node, "parameter"),
    );
    const feeds = Object.fromEntries(
      leaves.map((node, i) => [
        node.attributes.name,
        Float32Array.from(randomNumbers(sizeOf(node.shape), 10 + i)),
      ]),
    );
    const wanted = evaluate([output], feeds)[0]!;
    const scale = Math.max(...wanted.map(Math.abs));
    const session = await openSession({ name: "blocks", outputs: { output } }, { threads: 1 });
    const { output: received } = await session.run(feeds);
    await session.close();
    wanted.forEach((value, i) => expect(Math.abs(received![i]! - value)).toBeLessThan(1e-5 * scale));
  });
});

test("a bound that adds an axis still adds it", async () => {
  const y = g.transpose(g.mul(g.greater(g.input("x", [3]), g.constant([0], [1, 1])), 2), [1, 0]);
  const session = await openSession({ name: "axis", outputs: { y } });
  const result = await session.run({ x: Float32Array.of(-1, 0, 2) });
  await session.close();
  expect([...result["y"]!]).toEqual([0, 0, 2]);
});
