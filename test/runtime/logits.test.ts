import { describe, expect, test } from "vitest";
import { gatedStack } from "../../bench/gated-stack.ts";
import { evaluate } from "../reference/evaluate.ts";
import { openForward } from "../../src/programs/forward.ts";
import { buildNetwork, NETWORK, networkOf, type Network } from "../../src/programs/network.ts";
import { packParameters, vectorOf } from "../../src/programs/parameters.ts";
import { stepProgram } from "../../src/programs/step-program.ts";
import { classFeeds, labelsInTurn, TINY_NETWORKS } from "../programs/tiny.ts";
import {
  expectClose,
  expectSameBits,
  logitsPixelByPixel,
  logitsRowByRow,
  randomLevels,
  randomWeights,
} from "./logits.ts";

const gatedNetwork = (width: number, cols: number) => ({
  name: `a gated stack of ${width} on ${cols} columns`,
  levels: 4,
  network: (batch: number) =>
    networkOf(
      { likelihood: "categorical", levels: 4, size: { channels: 1, rows: 6, cols } },
      batch,
      gatedStack({ width, depth: 2, head: 10 }),
    ),
});

const NETWORKS: readonly { name: string; levels: number; network: (batch: number) => Network }[] = [
  ...TINY_NETWORKS.map(({ name, config }) => ({
    name,
    levels: config.levels,
    network: (batch: number) => buildNetwork(config, batch),
  })),
  // Blocks of 16 outputs, vectors of 4 channels and pairs of columns are left over, or not.
  gatedNetwork(7, 6),
  gatedNetwork(16, 8),
  gatedNetwork(19, 7),
];
const PICTURES = 5;

describe.each(NETWORKS)("the logits of $name", ({ network: build, levels: count }) => {
  const network = build(1);
  const [, channels, rows, cols] = network.picture.shape as [number, number, number, number];
  const length = channels * rows * cols;
  const groups = network.likelihood.groups(channels);
  const weights = randomWeights(network.declarations, 3);
  const levels = randomLevels(PICTURES * length, count, 4);
  const known = stepProgram(network, weights, { known: true });
  const unknown = stepProgram(network, weights, { known: false });
  // Different classes side by side.
  const labels = labelsInTurn(network, PICTURES);
  const rowByRow = logitsRowByRow(known, levels, rows, PICTURES, { classes: labels });

  test("are the same bits pixel by pixel as row by row", async () => {
    expectSameBits(
      await logitsPixelByPixel(unknown, levels, rows, PICTURES, { classes: labels }, groups),
      await rowByRow,
    );
  });

  test("are the same bits for a picture alone as in a batch", async () => {
    const perPicture = (await rowByRow).length / PICTURES;
    for (let m = 0; m < PICTURES; m++) {
      const own = levels.subarray(m * length, (m + 1) * length);
      const wanted = (await rowByRow).subarray(m * perPicture, (m + 1) * perPicture);
      const label = labels?.subarray(m, m + 1);
      expectSameBits(await logitsRowByRow(known, own, rows, 1, { classes: label }), wanted);
      expectSameBits(await logitsPixelByPixel(unknown, own, rows, 1, { classes: label }, groups), wanted);
    }
  });

  test("are the float64 ones within 4e-6, and those of ONNX Runtime within 1e-4", async () => {
    const whole = build(PICTURES);
    const { logits } = whole;
    const [packed] = packParameters([logits], whole.parts);
    const given = { [vectorOf(NETWORK)]: weights, pictures: levels, ...classFeeds(whole, labels) };
    const [wanted] = evaluate([packed!], given);
    expectClose(await rowByRow, wanted!, 4e-6);
    const forward = await openForward(whole, [whole.logits], { [NETWORK]: weights });
    const [received] = await forward.run(Float32Array.from(levels), { labels });
    await forward.close();
    expectClose(await rowByRow, received!, 1e-4);
    // Far from uniform, or this would say little.
    expect(Math.max(...wanted!) - Math.min(...wanted!)).toBeGreaterThan(1);
  });
});
