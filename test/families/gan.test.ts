import { describe, expect, test } from "vitest";
import { oneHot } from "../../src/data/classes.ts";
import { gan } from "../../src/families/gan.ts";
import { GAN_LOSSES, type GanLossName } from "../../src/families/gan-loss.ts";
import { is } from "../../src/graph/node.ts";
import { topologicalOrder } from "../../src/graph/walk.ts";
import type { Program } from "../../src/lower/onnx/lower.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { gradientProgram } from "../../src/programs/gradient-program.ts";
import type { NetworkConfig } from "../../src/programs/network.ts";
import { noiseOf } from "../../src/programs/noise.ts";
import { parameterCount, vectorOf } from "../../src/programs/parameters.ts";
import type { Trainable } from "../../src/programs/trainable.ts";
import { openSession } from "../../src/runtime/ort.ts";
import { randomNumbers } from "../graph/primitive-cases.ts";
import { evaluate } from "../reference/evaluate.ts";

const LOSSES = Object.keys(GAN_LOSSES) as GanLossName[];
const SETTINGS = { steps: 10, lr: 0.01, warmup: 0, decay: 1, clip: 100, ema: 0.9 } as const;
const BATCH = 3;

const grey: NetworkConfig = {
  model: "gan",
  modelConfig: { latents: 3, width: 2, blocks: 1 },
  levels: 5,
  size: { channels: 1, rows: 8, cols: 10 },
};
const colour: NetworkConfig = {
  ...grey,
  size: { channels: 3, rows: 5, cols: 4 },
  classes: ["a", "b"].map((name) => ({ name, pictures: 1 })),
};

/** What the programs of a batch read. Weights are such that nothing vanishes, as the last layers of blocks do at the beginning. */
function feedsOf({ parts, noise, schedules = [], picture, classes }: Trainable, levels: number) {
  const numbers = randomNumbers(sizeOf(picture.shape), 4);
  return {
    pictures: Float32Array.from(numbers, (value) => Math.floor(Math.abs(value) * 1000) % levels),
    ...(classes && { classes: oneHot([1, 0, 1], 2) }),
    ...noiseOf(noise, BATCH, 3)(1),
    ...Object.fromEntries(schedules.map(({ node, at }) => [node.attributes.name, Float32Array.of(at(4))])),
    ...Object.fromEntries(
      parts.map(({ name, declarations }, i) => [
        vectorOf(name),
        Float32Array.from(randomNumbers(parameterCount(declarations), 7 + i), (value) => value / 2),
      ]),
    ),
  };
}

/** Those of the numbers that a program reads. */
function inputsOf({ outputs }: Program, feeds: Record<string, ArrayLike<number>>) {
  const read = topologicalOrder(Object.values(outputs)).flatMap((node) =>
    is(node, "input") || is(node, "parameter") ? [node.attributes.name] : [],
  );
  return Object.fromEntries([...new Set(read)].map((name) => [name, Float32Array.from(feeds[name]!)]));
}

describe.each(LOSSES)("the gradient of each part, %s", (ganLoss) => {
  test.each([
    ["grey", grey],
    ["colour, classes", colour],
  ])("agrees with differences in float64, and ONNX Runtime with it (%s)", async (_, config) => {
    const trainable = gan.trainable({ ...config, settings: { ganLoss, gamma: 0.7 } }, BATCH, SETTINGS);
    const feeds: Record<string, ArrayLike<number>> = feedsOf(trainable, config.levels);
    for (const part of trainable.parts) {
      const program = gradientProgram(trainable, part);
      const { loss, gradient } = program.outputs as Record<string, (typeof part)["loss"]>;
      const vector = feeds[vectorOf(part.name)]!;
      const direction = randomNumbers(vector.length, 11);
      const lossAt = (step: number) => {
        const moved = Float64Array.from(vector, (value, k) => value + step * direction[k]!);
        return evaluate([loss!], { ...feeds, [vectorOf(part.name)]: moved } as never)[0]![0]!;
      };
      const byDifferences = (lossAt(1e-6) - lossAt(-1e-6)) / 2e-6;
      const values = evaluate([gradient!], feeds as never)[0]!;
      const byGradient = values.reduce((sum, value, k) => sum + value * direction[k]!, 0);
      expect(Math.abs(byGradient)).toBeGreaterThan(1e-3);
      expect(Math.abs(byGradient / byDifferences - 1), part.name).toBeLessThan(1e-6);

      const session = await openSession(program);
      const received = (await session.run(inputsOf(program, feeds)))["gradient"]!;
      await session.close();
      const scale = Math.max(1, ...values.map(Math.abs));
      values.forEach((value, k) => expect(Math.abs(received[k]! - value)).toBeLessThan(2e-5 * scale));
    }
  });
});
