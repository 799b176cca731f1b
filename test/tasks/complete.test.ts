import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pictureLength } from "../../src/data/dataset.ts";
import { buildNetwork, NETWORK, type NetworkConfig } from "../../src/programs/network.ts";
import { initialParameters } from "../../src/programs/parameters.ts";
import { openScorer } from "../../src/programs/scorer.ts";
import type { SavedModel } from "../../src/run/saved-model.ts";
import { complete, type CompleteOptions } from "../../src/tasks/complete.ts";
import { openSampler, sample } from "../../src/tasks/sample.ts";
import { labelsInTurn, TINY_NETWORKS } from "../programs/tiny.ts";

/** With weights larger than the initial ones: predictions far from uniform, as after training. */
function modelOf(config: NetworkConfig): SavedModel {
  const { declarations } = buildNetwork(config, 1);
  const weights = initialParameters(declarations, 3).map((weight) => 1.5 * weight);
  const data = { train: "none", valid: 0.1, gray: false, resize: null, skipBad: false };
  return { config, data, step: 0, weights: { [NETWORK]: weights } };
}

/** Levels of `count` pictures that follow from `seed`. */
const picturesOf = ({ size, levels }: NetworkConfig, count: number, seed = 0) =>
  Uint8Array.from(
    { length: count * pictureLength(size) },
    (_, i) => ((i + seed) * (i + seed + 7) * 13 + (i >> 3)) % levels,
  );

const pixelsOf = ({ size: { rows, cols } }: NetworkConfig) => rows * cols;
const firstRows = (config: NetworkConfig, rows: number) =>
  new Uint8Array(pixelsOf(config)).fill(1, 0, rows * config.size.cols);

const GREY = TINY_NETWORKS[1]!.config;
const COLOUR = TINY_NETWORKS[3]!.config;
const grey = modelOf(GREY);

describe.each(TINY_NETWORKS)("$name", ({ config }) => {
  const model = modelOf(config);
  const length = pictureLength(config.size);
  const pixels = pixelsOf(config);

  test("what is given stays, wherever it lies", async () => {
    const masks = fc.uint8Array({ minLength: pixels, maxLength: pixels, max: 1 });
    await fc.assert(
      fc.asyncProperty(masks, fc.nat(99), async (isGiven, seed) => {
        const pictures = picturesOf(config, 2, seed);
        const drawn = await complete(model, { pictures, isGiven, count: 3, seed, workers: 1 });
        expect(drawn).toMatchObject({ count: 6, size: config.size });
        const original = (i: number) => pictures[Math.floor(i / (3 * length)) * length + (i % length)]!;
        const wanted = drawn.pictures.map((level, i) => (isGiven[i % pixels] ? original(i) : level));
        expect(drawn.pictures).toEqual(wanted);
        expect(Math.max(...drawn.pictures)).toBeLessThan(config.levels);
      }),
      { numRuns: 5, seed: 5 },
    );
  });

  test("where nothing is given, it is plain sampling: completion j of picture i is picture i * count + j", async () => {
    const drawn = await complete(model, {
      pictures: picturesOf(config, 2),
      isGiven: new Uint8Array(pixels),
      count: 3,
      seed: 8,
      temperature: 0.7,
    });
    expect(drawn).toEqual(await sample(model, { count: 6, seed: 8, temperature: 0.7 }));
  });

  test("where all is given, the pictures themselves come back, at no nats", async () => {
    const pictures = picturesOf(config, 3);
    const drawn = await complete(model, { pictures, isGiven: new Uint8Array(pixels).fill(1) });
    expect(drawn).toEqual({
      count: 3,
      size: config.size,
      levels: config.levels,
      pictures,
      nats: new Float64Array(3),
      bytes: expect.any(Number),
    });
  });

  test("the nats are what the scorer says of the drawn pixels", async () => {
    const isGiven = Uint8Array.from({ length: pixels }, (_, i) => Number(i % 3 === 0));
    const drawn = await complete(model, { pictures: picturesOf(config, 2), isGiven, count: 2, seed: 1 });
    const scorer = await openScorer(buildNetwork(config, 4), model.weights);
    const scored = await scorer.nats(drawn.pictures, { labels: labelsInTurn(buildNetwork(config, 4), 4) });
    await scorer.close();
    drawn.nats!.forEach((nats, k) => {
      const own = scored.subarray(k * length, (k + 1) * length).filter((_, i) => isGiven[i % pixels] === 0);
      expect(own.reduce((total, value) => total + value, 0)).toBeCloseTo(nats, 3);
    });
  });
});

test("pixels before the first one given are as if nothing were given; those after depend on it", async () => {
  const { rows, cols } = GREY.size;
  const isGiven = firstRows(GREY, rows).fill(0, 0, 2 * cols);
  // Two rows given, then one that is drawn.
  isGiven.fill(0, 4 * cols);
  const draw = async (pictures: Uint8Array) =>
    (await complete(grey, { pictures, isGiven, count: 20, seed: 2 })).pictures;
  const rowsOf = (pictures: Uint8Array, from: number, to: number) =>
    [...pictures].filter((_, i) => {
      const row = Math.floor(i / cols) % rows;
      return row >= from && row < to;
    });
  const [black, white] = [
    await draw(new Uint8Array(rows * cols)),
    await draw(new Uint8Array(rows * cols).fill(GREY.levels - 1)),
  ];
  const { pictures } = await sample(grey, { count: 20, seed: 2 });
  for (const drawn of [black, white]) expect(rowsOf(drawn, 0, 2)).toEqual(rowsOf(pictures, 0, 2));
  expect(rowsOf(black, 4, rows)).not.toEqual(rowsOf(white, 4, rows));
});

test("another seed draws something else; the same draws the same, with any number of workers", async () => {
  const of = { pictures: picturesOf(GREY, 3), isGiven: firstRows(GREY, 2), count: 5 };
  const first = await complete(grey, { ...of, seed: 0, workers: 1 });
  expect(await complete(grey, { ...of, workers: 4 })).toEqual(first);
  const other = await complete(grey, { ...of, seed: 1, workers: 1 });
  expect(other.pictures).not.toEqual(first.pictures);
});

test("pictures of another size, and progress up to 1", async () => {
  const size = { rows: 7, cols: 4 };
  const pictures = Uint8Array.from({ length: 28 }, (_, i) => i % GREY.levels);
  const isGiven = new Uint8Array(28).fill(1, 0, 10);
  const progress: number[] = [];
  const onProgress = (done: number) => progress.push(done);
  const drawn = await complete(grey, { pictures, isGiven, size, onProgress });
  expect(drawn.size).toEqual({ channels: 1, ...size });
  expect(drawn.pictures.slice(0, 10)).toEqual(pictures.slice(0, 10));
  expect(progress).toEqual(Array.from({ length: 7 }, (_, i) => (i + 1) / 7));
});

describe("refuses", () => {
  const good: CompleteOptions = { pictures: picturesOf(GREY, 2), isGiven: firstRows(GREY, 2) };
  const cases: readonly (readonly [string, Partial<CompleteOptions>, string])[] = [
    ["no pictures", { pictures: new Uint8Array(0) }, "a multiple of 30 sub-pixels"],
    ["part of a picture", { pictures: new Uint8Array(59) }, "a multiple of 30 sub-pixels"],
    ["a map of another size", { isGiven: new Uint8Array(29) }, "expected 30 values"],
    ["a level too high", { pictures: new Uint8Array(30).fill(GREY.levels) }, "levels below 4"],
    ["no completions", { count: 0 }, "completions of each picture, received 0"],
    ["more than fits", { count: 2 ** 40 }, "at most 1073741824 sub-pixels for 2199023255552 pictures of 6x5"],
    ["no temperature", { temperature: 0 }, "a number from 0.000001 to 1000000 for the temperature"],
    ["a negative seed", { seed: -1 }, "at least 0 for the seed"],
  ];
  test.each(cases)("%s", async (_, options, message) => {
    await expect(complete(grey, { ...good, ...options })).rejects.toMatchObject({
      code: "ARGUMENT",
      message: expect.stringContaining(message),
    });
  });

  test("channels that are not the model's", async () => {
    const { rows, cols } = COLOUR.size;
    const oneChannel = { pictures: new Uint8Array(rows * cols), isGiven: new Uint8Array(rows * cols) };
    await expect(complete(modelOf(COLOUR), oneChannel)).rejects.toMatchObject({ code: "ARGUMENT" });
  });

  test("in a stream too, what does not fit its pictures", () => {
    const sampler = openSampler(grey);
    const given = { levels: good.pictures, isGiven: good.isGiven };
    expect(() => sampler.stream({ count: 3, given })).toThrow(
      "expected 90 sub-pixels for the given pictures",
    );
    sampler.close();
  });
});

test("stops when told to", async () => {
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  const of = { pictures: picturesOf(GREY, 1), isGiven: firstRows(GREY, 1) };
  await expect(complete(grey, { ...of, signal })).rejects.toBe(reason);
});
