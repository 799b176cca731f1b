import { describe, expect, test } from "vitest";
import { zeros } from "../../src/nn/initialisers.ts";
import { defineModel } from "../../src/models/define.ts";
import { shift } from "../../src/graph/language.ts";
import { buildNetwork, NETWORK, type NetworkConfig } from "../../src/programs/network.ts";
import { initialParameters, packParameters, vectorOf } from "../../src/programs/parameters.ts";
import { openNetworkSampler } from "../../src/programs/sampler.ts";
import { evaluate } from "../reference/evaluate.ts";
import { randomWeights } from "../runtime/logits.ts";

// Networks that are told where a pixel is. That they are causal, that all programs compute the same, and that
// probabilities sum to 1, is tested with the other tiny networks (`tiny.ts`).

const SIZE = { channels: 1, rows: 16, cols: 16 };
const MODELS: readonly Pick<NetworkConfig, "model" | "modelConfig">[] = [
  { model: "pixelcnn", modelConfig: { width: 3, depth: 1, head: 4 } },
  { model: "gated-pixelcnn", modelConfig: { width: 3, depth: 1, kernel: 3, head: 4 } },
  { model: "pixelcnn-pp", modelConfig: { width: 3, layers: 1, resolutions: 1 } },
];
const configOf = (model: (typeof MODELS)[number], positions: boolean): NetworkConfig => ({
  ...model,
  likelihood: "bernoulli",
  levels: 2,
  size: SIZE,
  positions,
});

/** A picture that is black but for three pixels, whose upper left corner is at a row and column. */
const patchAt = (row: number, col: number): number[] =>
  Array.from({ length: SIZE.rows * SIZE.cols }, (_, i) => {
    const [down, right] = [Math.floor(i / SIZE.cols) - row, (i % SIZE.cols) - col];
    return [0, 1].includes(down) && [0, 1].includes(right) && down <= right ? 1 : 0;
  });

/** A place, one further to the right, and one further below. */
const PLACES = [
  [8, 7],
  [8, 8],
  [9, 7],
] as const;

/** The nats of the pixels of a patch, under a network with random weights. */
function natsOfPatch(config: NetworkConfig, [row, col]: readonly [number, number]): number[] {
  const network = buildNetwork(config, 1);
  const [nats] = packParameters([network.nats], network.parts);
  const weights = randomWeights(network.declarations, 2);
  const [values] = evaluate([nats!], { [vectorOf(NETWORK)]: weights, pictures: patchAt(row, col) });
  return [0, 1].flatMap((down) => [0, 1].map((right) => values![(row + down) * SIZE.cols + col + right]!));
}

describe.each(MODELS)("$model", (model) => {
  const [told, blind] = [configOf(model, true), configOf(model, false)];

  test("scores equal patches at different places differently with positions, and equally without", () => {
    // Far from all edges, which the padding around the picture tells of.
    const [own, ...others] = PLACES.map((place) => natsOfPatch(blind, place));
    for (const other of others) expect(other).toEqual(own);
    const [first, right, below] = PLACES.map((place) => natsOfPatch(told, place));
    for (const other of [right!, below!]) {
      const differences = other.map((nats, i) => Math.abs(nats - first![i]!));
      expect(Math.max(...differences)).toBeGreaterThan(1e-3);
    }
  });

  test("begins as the network without positions", () => {
    const [with_, without] = [told, blind].map((config) => {
      const network = buildNetwork(config, 1);
      const [nats] = packParameters([network.nats], network.parts);
      const weights = initialParameters(network.declarations, 5);
      return evaluate([nats!], { [vectorOf(NETWORK)]: weights, pictures: patchAt(3, 3) });
    });
    expect(with_).toEqual(without);
    const added = buildNetwork(told, 1).declarations.filter(({ name }) => name.endsWith("position.weight"));
    expect(added.length).toBeGreaterThan(0);
    for (const { shape, initialiser } of added) {
      expect(shape.slice(1)).toEqual([2, 1, 1]);
      expect(initialiser).toBe(zeros);
    }
  });

  test("draws pictures of its own size only", () => {
    const weights = initialParameters(buildNetwork(told, 1).declarations, 5);
    const opened = (config: NetworkConfig) => () =>
      openNetworkSampler(
        { config, weights },
        { size: { rows: 16, cols: 24 }, workers: 1 },
        { cores: () => 1, startWorker: () => expect.fail("no worker is needed") },
      );
    expect(opened(told)).toThrow(
      expect.objectContaining({
        code: "ARGUMENT",
        message:
          "expected 16x16, because the network knows where in the picture a pixel is (at positions), " +
          'for the size of its pictures, received "24x16"',
      }),
    );
    const weightsOfBlind = initialParameters(buildNetwork(blind, 1).declarations, 5);
    const sampler = openNetworkSampler(
      { config: blind, weights: weightsOfBlind },
      { size: { rows: 16, cols: 24 }, workers: 1 },
      { cores: () => 1, startWorker: () => expect.fail("no worker is needed") },
    );
    expect(sampler.size).toMatchObject({ rows: 16, cols: 24 });
    sampler.close();
  });
});

test("pictures of a single pixel, such as the smallest one coarse to fine, have a position too", () => {
  const config = { ...configOf(MODELS[0]!, true), size: { channels: 1, rows: 1, cols: 1 } };
  expect(buildNetwork(config, 1).logits.shape).toEqual([1, 1, 1, 1]);
});

describe("positions are refused for", () => {
  const refusal = (message: string) => expect.objectContaining({ code: "ARGUMENT", message });

  test("a model that has its own", () => {
    const snail = { model: "pixelsnail", modelConfig: { width: 4, blocks: 1, layers: 1, key: 2, value: 2 } };
    expect(() => buildNetwork(configOf(snail, true), 1)).toThrow(
      refusal('expected a model that does not know positions by itself for positions, received "pixelsnail"'),
    );
    expect(() => buildNetwork(configOf(snail, false), 1)).not.toThrow();
  });

  test("a model that does not read them", () => {
    defineModel({ name: "nowhere", defaults: { width: 1 }, network: (_, x) => shift(x, 1, 0) });
    expect(() => buildNetwork(configOf({ model: "nowhere", modelConfig: {} }, true), 1)).toThrow(
      refusal('expected a model that reads them, as ours do, for positions, received "nowhere"'),
    );
  });
});
