import { describe, expect, test } from "vitest";
import { pictureLength } from "../../src/data/dataset.ts";
import type { Declaration } from "../../src/nn/scope.ts";
import { evaluate } from "../reference/evaluate.ts";
import { buildNetwork, type Network } from "../../src/programs/network.ts";
import { parameterVector, packParameters, PARAMETERS } from "../../src/programs/parameters.ts";
import { openScorer } from "../../src/programs/scorer.ts";
import { samplerProgram } from "../../src/programs/step-program.ts";
import { openStepSampler, placeRow } from "../../src/runtime/step/sampler.ts";
import { startNodeWorker } from "../../src/runtime/workers/node.ts";
import { randomWeights } from "../runtime/logits.ts";
import { chiSquareDeviate } from "./chi-square.ts";
import { classFeeds, COUNTABLE_NETWORKS } from "./tiny.ts";

/** All pictures of `length` sub-pixels, the first sub-pixel slowest. */
const allPictures = (length: number, levels: number) =>
  Array.from({ length: levels ** length }, (_, picture) =>
    Array.from({ length }, (_, i) => Math.floor(picture / levels ** (length - 1 - i)) % levels),
  );

/** Larger than the initial weights: predictions far from uniform, as after training. */
const strongWeights = (declarations: readonly Declaration[]) => randomWeights(declarations, 11, 1.5);

/** Every network, and every class of those that know classes. */
const CASES = COUNTABLE_NETWORKS.flatMap(({ name, config }) =>
  config.classes
    ? config.classes.map((one, label) => ({ name: `${name}: ${one.name}`, config, label }))
    : [{ name, config, label: 0 }],
);

describe.each(CASES)("the probabilities of all pictures, $name,", ({ config, label }) => {
  const pictures = allPictures(pictureLength(config.size), config.levels);
  const network = buildNetwork(config, pictures.length);
  const weights = strongWeights(network.declarations);
  const labels = new Uint32Array(pictures.length).fill(label);
  const feeds = { [PARAMETERS]: weights, pictures: pictures.flat(), ...classFeeds(network, labels) };
  const length = pictureLength(config.size);
  const perPicture = (nats: ArrayLike<number>) =>
    pictures.map((_, p) =>
      Array.from({ length }, (_, i) => nats[p * length + i]!).reduce((t, v) => t + v, 0),
    );

  test("sum to 1 in float64", () => {
    const [nats] = packParameters(
      [network.nats],
      network.declarations,
      parameterVector(network.declarations),
    );
    const [values] = evaluate([nats!], feeds);
    const total = perPicture(values!).reduce((sum, value) => sum + Math.exp(-value), 0);
    expect(total).toBeCloseTo(1, 12);
  });

  test("sum to 1 as scored, and are the float64 ones within 1e-4 nats", async () => {
    const [nats] = packParameters(
      [network.nats],
      network.declarations,
      parameterVector(network.declarations),
    );
    const [wanted] = evaluate([nats!], feeds);
    const scorer = await openScorer(network, weights);
    const scored = await scorer.nats(Uint8Array.from(pictures.flat()), { labels });
    await scorer.close();
    expect(perPicture(scored).reduce((sum, value) => sum + Math.exp(-value), 0)).toBeCloseTo(1, 5);
    scored.forEach((value, i) => expect(Math.abs(value - wanted![i]!)).toBeLessThan(1e-4));
    // Far from uniform, or the two tests above would say little.
    const all = perPicture(scored);
    expect(Math.max(...all) - Math.min(...all)).toBeGreaterThan(1);
  });
});

/** New pictures, drawn in this thread: levels [count, channels, rows, cols]. */
async function drawPictures(
  network: Network,
  weights: Float32Array,
  { seed, count }: { seed: number; count: number },
): Promise<Uint8Array> {
  const [, channels, rows, cols] = network.picture.shape as [number, number, number, number];
  const pictures = new Uint8Array(count * channels * rows * cols);
  const sampler = openStepSampler(samplerProgram(network, weights), {
    workers: 1,
    startWorker: startNodeWorker,
  });
  for await (const event of sampler.stream({ seed, temperature: 1, first: 0, rows, count })) {
    if (event.kind === "row") placeRow(pictures, { channels, rows, cols }, event);
  }
  return pictures;
}

describe("sampling", () => {
  const { config } = COUNTABLE_NETWORKS[0]!;
  const length = pictureLength(config.size);

  test("draws 3x3 binary pictures as often as they are probable (chi-square, 20,000 samples)", async () => {
    const pictures = allPictures(length, 2);
    const network = buildNetwork(config, pictures.length);
    const weights = strongWeights(network.declarations);
    const scorer = await openScorer(network, weights);
    const nats = await scorer.nats(Uint8Array.from(pictures.flat()));
    await scorer.close();
    const probabilities = pictures.map((_, p) =>
      Math.exp(-nats.subarray(p * length, (p + 1) * length).reduce((total, value) => total + value, 0)),
    );

    const count = 20_000;
    const drawn = await drawPictures(buildNetwork(config, 1), weights, { seed: 1, count });
    const frequencies = new Float64Array(pictures.length);
    for (let i = 0; i < count; i++) {
      frequencies[drawn.subarray(i * length, (i + 1) * length).reduce((code, bit) => 2 * code + bit, 0)]! +=
        1;
    }
    const { deviate, classes } = chiSquareDeviate(probabilities, frequencies);
    expect(classes).toBeGreaterThan(50);
    expect(deviate).toBeLessThan(3.09);
  });
});
