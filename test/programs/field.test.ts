import { describe, expect, test } from "vitest";
import { pictureLength } from "../../src/data/dataset.ts";
import { autoregressive } from "../../src/families/autoregressive.ts";
import { shift } from "../../src/graph/language.ts";
import { fieldChannels, fieldValues, knownPixels } from "../../src/programs/field.ts";
import { collect } from "../../src/programs/drawn-pictures.ts";
import { openForward } from "../../src/programs/forward.ts";
import { buildNetwork, NETWORK, type NetworkConfig } from "../../src/programs/network.ts";
import { openNetworkObserver } from "../../src/programs/observer.ts";
import { initialParameters, packParameters, vectorOf } from "../../src/programs/parameters.ts";
import { openNetworkSampler } from "../../src/programs/sampler.ts";
import { openScorer } from "../../src/programs/scorer.ts";
import { stepProgram } from "../../src/programs/step-program.ts";
import { defineModel } from "../../src/models/define.ts";
import { startNodeWorker } from "../../src/runtime/workers/node.ts";
import { evaluate } from "../reference/evaluate.ts";
import {
  expectClose,
  expectSameBits,
  logitsPixelByPixel,
  logitsRowByRow,
  randomLevels,
  randomWeights,
} from "../runtime/logits.ts";
import { classFeeds, FIELD_NETWORKS, labelsInTurn, TINY_NETWORKS } from "./tiny.ts";

const PLACE = { cores: () => 1, startWorker: startNodeWorker };

/** Pictures, and which of their pixels are given, of a random half. */
function givenOf({ size, levels }: NetworkConfig, count: number, seed: number) {
  return {
    levels: randomLevels(count * pictureLength(size), levels, seed),
    isGiven: randomLevels(size.rows * size.cols, 2, seed + 1),
  };
}

test("every model is tested with a field", () => {
  const models = (networks: typeof TINY_NETWORKS) => new Set(networks.map(({ config }) => config.model));
  expect(models(FIELD_NETWORKS)).toEqual(models(TINY_NETWORKS));
});

describe.each(FIELD_NETWORKS)("the field of $name", ({ config }) => {
  const COUNT = 2;
  const { size, levels } = config;
  const [channels, pixels] = [size.channels, size.rows * size.cols];

  test("gives the float64 logits row by row, and the same bits pixel by pixel", async () => {
    const network = buildNetwork(config, COUNT);
    const weights = randomWeights(network.declarations, 3);
    const pictures = randomLevels(COUNT * pictureLength(size), levels, 4);
    const field = knownPixels(givenOf(config, COUNT, 5), COUNT, size);
    const classes = labelsInTurn(network, COUNT);
    const [logits] = packParameters([network.logits], network.parts);
    const feeds = { [vectorOf(NETWORK)]: weights, pictures, field, ...classFeeds(network, classes) };
    const [wanted] = evaluate([logits!], feeds);

    const one = buildNetwork(config, 1);
    const known = stepProgram(one, weights, { known: true });
    const rowByRow = await logitsRowByRow(known, pictures, size.rows, COUNT, { classes, field });
    expectClose(rowByRow, wanted!, 1e-5);
    const unknown = stepProgram(one, weights, { known: false });
    const groups = network.likelihood.groups(channels);
    expectSameBits(
      await logitsPixelByPixel(unknown, pictures, size.rows, COUNT, { classes, field }, groups),
      rowByRow,
    );
  });

  test("changes the predictions of every pixel, from below too, and none before training", async () => {
    const network = buildNetwork(config, 1);
    const pictures = Float32Array.from(randomLevels(pictureLength(size), levels, 4));
    const labels = labelsInTurn(network, 1);
    const last = new Uint8Array(pixels).fill(1, pixels - 1);
    const nothing = knownPixels(undefined, 1, size);
    const logitsOf = async (fields: readonly Uint8Array[], weights: Float32Array) => {
      const forward = await openForward(network, [network.logits], { [NETWORK]: weights });
      const found: Float32Array[] = [];
      for (const field of fields) {
        const noise = { field: Float32Array.from(field) };
        found.push((await forward.run(pictures, { labels, noise }))[0]!);
      }
      await forward.close();
      return found;
    };
    const fields = [
      nothing,
      knownPixels({ levels: new Uint8Array(pictureLength(size)), isGiven: last }, 1, size),
    ];
    const changed = new Set<number>();
    // Several sets of weights, for one alone may hide it behind a ReLU.
    for (const seed of [1, 2, 3]) {
      const [none, known] = await logitsOf(fields, randomWeights(network.declarations, seed));
      none!.forEach((value, i) => value !== known![i] && changed.add(i % pixels));
    }
    // Two blocks read seven pixels to all sides.
    expect(changed.size).toBe(pixels);

    const without = buildNetwork({ ...config, field: undefined }, 1);
    const names = new Set(without.declarations.map(({ name }) => name));
    expect(network.declarations.filter(({ name }) => names.has(name))).toHaveLength(names.size);
    const [first, second] = await logitsOf(fields, initialParameters(network.declarations, 5));
    expect(second).toEqual(first);
    const forward = await openForward(without, [without.logits], {
      [NETWORK]: initialParameters(without.declarations, 5),
    });
    const [plain] = await forward.run(pictures, { labels });
    await forward.close();
    expectClose(first!, plain!, 1e-5);
  });

  test("is drawn with: the nats of completions are their score given the same pixels", async () => {
    const network = buildNetwork(config, 1);
    const weights = randomWeights(network.declarations, 6);
    const given = givenOf(config, COUNT, 7);
    const sampler = openNetworkSampler({ config, weights }, { workers: 1 }, PLACE);
    const drawn = await collect(sampler, { count: COUNT, given, seed: 2 });
    const unconditional = await collect(sampler, { count: COUNT, seed: 2 });
    sampler.close();
    drawn.pictures.forEach((level, i) => {
      if (given.isGiven[i % pixels]) expect(level).toBe(given.levels[i]);
    });
    const scoreOf = async (pictures: Uint8Array, isGiven?: Uint8Array) => {
      const graph = autoregressive.can.score!.trace(config, COUNT, isGiven);
      const scorer = await openScorer(graph, { [NETWORK]: weights });
      const nats = await scorer.nats(pictures, { labels: labelsInTurn(network, COUNT) });
      await scorer.close();
      const length = nats.length / COUNT;
      return [0, 1].map((i) => nats.slice(i * length, (i + 1) * length).reduce((a, b) => a + b, 0));
    };
    expectClose(drawn.nats!, await scoreOf(drawn.pictures, given.isGiven), 1e-4);
    expectClose(unconditional.nats!, await scoreOf(unconditional.pictures), 1e-4);
    // Known pixels do make a difference beyond those that come before.
    const asIfRaster = await scoreOf(drawn.pictures);
    expect(Math.abs(asIfRaster[0]! - drawn.nats![0]!)).toBeGreaterThan(0.1);
  });
});

const BINARY: NetworkConfig = {
  model: "gated-pixelcnn",
  modelConfig: { width: 3, depth: 1, kernel: 3, head: 4 },
  likelihood: "bernoulli",
  levels: 2,
  size: { channels: 1, rows: 3, cols: 3 },
  field: { kind: "known", width: 3, depth: 1 },
};

test.each([
  ["nothing", [0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ["the lower rows", [0, 0, 0, 1, 1, 1, 1, 1, 1]],
  ["a border", [1, 1, 1, 1, 0, 0, 1, 0, 0]],
])("given %s, the probabilities of all that may be missing sum to 1", async (_, isGiven) => {
  const { declarations } = buildNetwork(BINARY, 1);
  const weights = randomWeights(declarations, 9, 2);
  const missing = isGiven.flatMap((one, i) => (one ? [] : [i]));
  const count = 2 ** missing.length;
  const known = [1, 0, 1, 1, 0, 0, 1, 1, 0];
  const pictures = Array.from({ length: count }, (_, k) =>
    known.map((level, i) => (missing.includes(i) ? (k >> missing.indexOf(i)) & 1 : level)),
  );
  const graph = autoregressive.can.score!.trace(BINARY, count, Uint8Array.from(isGiven));
  const [nats] = packParameters([graph.nats], graph.parts);
  const [values] = evaluate([nats!], { [vectorOf(NETWORK)]: weights, pictures: pictures.flat() });
  const perPicture = pictures.map((_, k) => values!.slice(9 * k, 9 * (k + 1)).reduce((a, b) => a + b, 0));
  expect(perPicture.reduce((sum, one) => sum + Math.exp(-one), 0)).toBeCloseTo(1, 12);
});

test("an observer reads known pixels as the sampler does", async () => {
  const { declarations } = buildNetwork(BINARY, 1);
  const weights = randomWeights(declarations, 9, 2);
  const given = givenOf(BINARY, 1, 3);
  const sampler = openNetworkSampler({ config: BINARY, weights }, { workers: 1 }, PLACE);
  const { pictures } = await collect(sampler, { count: 1, given });
  sampler.close();
  const rows: number[] = [];
  for await (const { levels } of openNetworkObserver({ config: BINARY, weights }).observe({ given }))
    rows.push(...levels);
  expect(rows).toEqual([...pictures]);
});

test("an observer of a whole picture tells its score: what the network predicts is not known to it", async () => {
  const { declarations } = buildNetwork(BINARY, 1);
  const weights = randomWeights(declarations, 9, 2);
  const levels = randomLevels(9, 2, 5);
  const given = { levels, isGiven: new Uint8Array(9).fill(1) };
  const nats: number[] = [];
  for await (const row of openNetworkObserver({ config: BINARY, weights }).observe({ given }))
    nats.push(...row.nats);
  const scorer = await openScorer(autoregressive.can.score!.trace(BINARY, 1), { [NETWORK]: weights });
  expectClose(nats, await scorer.nats(levels), 1e-4);
  await scorer.close();
});

test("a model that reads no field cannot be conditioned on one", () => {
  defineModel({
    name: "blind",
    defaults: { width: 1 },
    network: (_, x) => shift(x, 1, 0),
  });
  expect(() => buildNetwork({ ...BINARY, model: "blind", modelConfig: {} }, 1)).toThrow(
    expect.objectContaining({
      code: "ARGUMENT",
      message: 'expected a model that reads a field, as ours do for the model, received "blind"',
    }),
  );
});

test("values of a field must be as many as the network reads, and of a network that reads one", () => {
  const { size, field } = BINARY;
  expect(fieldChannels(field!, size)).toBe(2);
  const values = new Uint8Array(17);
  expect(() => fieldValues({ size, field }, { count: 1, field: values })).toThrow("expected 18 numbers");
  expect(() => fieldValues({ size }, { count: 1, field: values })).toThrow("of a model without one");
});
