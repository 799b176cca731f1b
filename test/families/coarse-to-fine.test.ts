import { describe, expect, test } from "vitest";
import { pictureLength } from "../../src/data/dataset.ts";
import { autoregressive } from "../../src/families/autoregressive.ts";
import * as g from "../../src/graph/language.ts";
import { collect } from "../../src/programs/drawn-pictures.ts";
import { scaledField } from "../../src/programs/field.ts";
import { buildNetwork, type NetworkConfig } from "../../src/programs/network.ts";
import { openNetworkObserver } from "../../src/programs/observer.ts";
import { packParameters, vectorOf } from "../../src/programs/parameters.ts";
import { openScorer } from "../../src/programs/scorer.ts";
import { stagesOf, traceStages } from "../../src/programs/stages.ts";
import type { PartVectors } from "../../src/programs/trainable.ts";
import { startNodeWorker } from "../../src/runtime/workers/node.ts";
import { evaluate } from "../reference/evaluate.ts";
import { expectClose, randomLevels, randomWeights } from "../runtime/logits.ts";
import { expectGradients } from "./gradients.ts";

const SETTINGS = { steps: 10, lr: 0.01, warmup: 0, decay: 1, clip: 100, ema: 0.9 } as const;
const PLACE = { cores: () => 1, startWorker: startNodeWorker };
const TWO = ["a", "b"].map((name) => ({ name, pictures: 1 }));

const coarse = (halvings: number) =>
  ({ kind: "coarse", halvings, reads: "differences", width: 3, depth: 1 }) as const;
/** From pictures of 2x2. */
const BINARY: NetworkConfig = {
  model: "gated-pixelcnn",
  modelConfig: { width: 3, depth: 1, kernel: 3, head: 4 },
  likelihood: "bernoulli",
  levels: 2,
  size: { channels: 1, rows: 4, cols: 4 },
  field: coarse(1),
};
/** From pictures of 2x1, in colour, of classes. */
const COLOUR: NetworkConfig = {
  ...BINARY,
  model: "pixelcnn",
  modelConfig: { width: 3, depth: 1, head: 6 },
  likelihood: "categorical",
  levels: 3,
  size: { channels: 3, rows: 4, cols: 8 },
  classes: TWO,
  field: coarse(2),
};

/** In colour, with means that are moved to where neighbours lie. */
const MIXTURE: NetworkConfig = {
  ...COLOUR,
  likelihood: "logistic-mixture",
  levels: 9,
  classes: undefined,
  field: coarse(1),
};

const weightsOf = (config: NetworkConfig, scale = 2): PartVectors =>
  Object.fromEntries(
    traceStages(config, 1).parts.map(({ name, declarations }, i) => [
      name,
      randomWeights(declarations, 5 + i, scale),
    ]),
  );

/** -log p of every sub-pixel, in float64. */
function natsOf(config: NetworkConfig, pictures: ArrayLike<number>, weights: PartVectors): Float64Array {
  const { nats, parts } = traceStages(config, pictures.length / pictureLength(config.size));
  const [packed] = packParameters([nats], parts);
  const vectors = Object.entries(weights).map(([name, vector]) => [vectorOf(name), vector] as const);
  return Float64Array.from(evaluate([packed!], { pictures, ...Object.fromEntries(vectors) })[0]!);
}

describe("the probabilities of pictures", () => {
  test("of 4x4 binary pixels, drawn from 2x2, sum to 1 over all of them", async () => {
    const [total, batch] = [2 ** 16, 2 ** 12];
    const scorer = await openScorer(autoregressive.can.score!.trace(BINARY, batch), weightsOf(BINARY));
    let sum = 0;
    let largest = 0;
    for (let first = 0; first < total; first += batch) {
      const pictures = Uint8Array.from(
        { length: 16 * batch },
        (_, i) => ((first + (i >> 4)) >> (i & 15)) & 1,
      );
      const nats = await scorer.nats(pictures);
      for (let k = 0; k < batch; k++) {
        const p = Math.exp(-nats.subarray(16 * k, 16 * (k + 1)).reduce((a, b) => a + b, 0));
        sum += p;
        largest = Math.max(largest, p);
      }
    }
    await scorer.close();
    expect(sum).toBeCloseTo(1, 5);
    // Far from uniform, or the sum would say little.
    expect(largest).toBeGreaterThan(10 / total);
  });

  test("depend on each other as they are drawn: the small picture reaches all, others only what is later", () => {
    const weights = weightsOf(BINARY);
    const picture = randomLevels(16, 2, 1);
    const isSmall = (i: number) => i % 2 === 0 && Math.floor(i / 4) % 2 === 0;
    const order = Array.from({ length: 16 }, (_, i) => i).sort(
      (a, b) => Number(isSmall(b)) - Number(isSmall(a)) || a - b,
    );
    const before = natsOf(BINARY, picture, weights);
    const reached = new Set<string>();
    for (let changed = 0; changed < 16; changed++) {
      const after = natsOf(BINARY, picture.with(changed, 1 - picture[changed]!), weights);
      for (let i = 0; i < 16; i++) {
        if (after[i] === before[i] || i === changed) continue;
        expect(order.indexOf(i), `${changed} reaches ${i}`).toBeGreaterThan(order.indexOf(changed));
        reached.add(`${changed} ${i}`);
      }
    }
    // The last pixel of the small picture, 10, is known to the pixels above it.
    for (const i of [1, 3, 4, 5]) expect(reached).toContain(`10 ${i}`);
  });

  test("are those of the stages: of the base at its own pixels, of the next at the others", () => {
    const weights = weightsOf(BINARY);
    const picture = randomLevels(16, 2, 3);
    const nats = natsOf(BINARY, picture, weights);
    const [base] = stagesOf(BINARY);
    const network = buildNetwork(base!.config, 1, { path: "base" });
    const [packed] = packParameters([network.nats], [{ name: "base", declarations: network.declarations }]);
    const small = Uint8Array.from([0, 2, 8, 10], (i) => picture[i]!);
    const [wanted] = evaluate([packed!], { pictures: small, [vectorOf("base")]: weights["base"]! });
    expectClose(
      [0, 2, 8, 10].map((i) => nats[i]!),
      wanted!,
      1e-12,
    );
  });
});

describe.each([
  ["binary", BINARY],
  ["colour, two halvings, classes", COLOUR],
  ["mixture of logistics", MIXTURE],
])("pictures that are drawn (%s)", (_, config) => {
  const { size, classes } = config;
  const weights = weightsOf(config);
  const openSampler = (options = {}) =>
    autoregressive.can.sample!({ config, weights }, { workers: 1, ...options }, PLACE);
  const labels = classes && [0, 1, 0];
  const scoreOf = async (pictures: Uint8Array, isGiven?: Uint8Array) => {
    const scorer = await openScorer(autoregressive.can.score!.trace(config, 3, isGiven), weights);
    const nats = await scorer.nats(pictures, { labels });
    await scorer.close();
    const length = nats.length / 3;
    return [0, 1, 2].map((i) => nats.slice(i * length, (i + 1) * length).reduce((a, b) => a + b, 0));
  };

  test("have the nats of their score, and are the same alone", async () => {
    const sampler = openSampler();
    const drawn = await collect(sampler, { count: 3, seed: 4 });
    expectClose(drawn.nats!, await scoreOf(drawn.pictures), 1e-4);
    const alone = await collect(sampler, { count: 1, first: 1, seed: 4 });
    sampler.close();
    const length = pictureLength(size);
    expect(alone.pictures).toEqual(drawn.pictures.slice(length, 2 * length));
  });

  test("keep given pixels, and their nats are the score of the others", async () => {
    const [pixels, length] = [size.rows * size.cols, pictureLength(size)];
    const given = {
      levels: randomLevels(3 * length, config.levels, 8),
      isGiven: randomLevels(pixels, 2, 9),
    };
    const sampler = openSampler();
    const drawn = await collect(sampler, { count: 3, seed: 4, given });
    sampler.close();
    drawn.pictures.forEach((level, i) => {
      if (given.isGiven[i % pixels]) expect(level).toBe(given.levels[i]);
    });
    expectClose(drawn.nats!, await scoreOf(drawn.pictures, given.isGiven), 1e-4);
  });

  test("can have another size, a multiple of the smallest, and no other", async () => {
    const sampler = openSampler({ size: { rows: 8, cols: 16 } });
    const drawn = await collect(sampler, { count: 2 });
    sampler.close();
    expect(drawn.size).toEqual({ ...size, rows: 8, cols: 16 });
    expect(() => openSampler({ size: { rows: 8, cols: 9 } })).toThrow(
      expect.objectContaining({ code: "ARGUMENT", message: expect.stringContaining("multiples of") }),
    );
  });
});

test("pictures that take more memory than there is are refused before anything is drawn", () => {
  const weights = weightsOf(BINARY);
  const place = { ...PLACE, memory: () => 2 ** 20 };
  const sampler = autoregressive.can.sample!({ config: BINARY, weights }, { workers: 1 }, place);
  expect(() => sampler.stream({ count: 1 })).not.toThrow();
  expect(() => sampler.stream({ count: 2 ** 16 })).toThrow(
    expect.objectContaining({
      code: "ARGUMENT",
      message: expect.stringMatching(
        /^expected at most the machine's memory of 1 MiB for drawing 65536 picture\(s\) of 4x4, received "\d MiB"$/,
      ),
    }),
  );
  sampler.close();
  // A sampler keeps rows: beside the picture itself, more rows take no more memory.
  const bytesOf = (rows: number) => {
    const sized = autoregressive.can.sample!(
      { config: BINARY, weights },
      { size: { rows, cols: 64 } },
      PLACE,
    );
    return sized.bytesFor(1)!;
  };
  expect(bytesOf(512) - bytesOf(256)).toBeLessThan(4 * 256 * 64);
});

test("draws of the stages are independent", async () => {
  // With all weights 0 every pixel is a fair coin: the base's must not be those of the next at the same numbers.
  const config = { ...BINARY, size: { channels: 1, rows: 32, cols: 32 } };
  const weights = Object.fromEntries(
    Object.entries(weightsOf(config)).map(([name, vector]) => [name, new Float32Array(vector.length)]),
  );
  const sampler = autoregressive.can.sample!({ config, weights }, { workers: 1 }, PLACE);
  const { pictures } = await collect(sampler, { count: 1 });
  sampler.close();
  // Pixel i of the base is drawn with the number of pixel i of the whole picture.
  const same = Array.from({ length: 256 }, (_, i) => {
    const [row, col] = [Math.floor(i / 16), i % 16];
    return {
      own: pictures[2 * row * 32 + 2 * col]!,
      other: pictures[i]!,
      isKnown: (i >> 5) % 2 === 0 && i % 2 === 0,
    };
  }).filter(({ isKnown }) => !isKnown);
  const share = same.filter(({ own, other }) => own === other).length / same.length;
  expect(Math.abs(share - 0.5)).toBeLessThan(0.15);
});

test.each([
  ["coarse to fine", COLOUR],
  ["coarse to fine, mixture of logistics", MIXTURE],
  ["known pixels", { ...BINARY, field: { kind: "known", width: 3, depth: 1 } } as const],
])("gradients of every part agree with differences (%s)", async (_, config) => {
  await expectGradients(autoregressive.trainable(config, 2, SETTINGS), config.levels);
});

test("pixels between those of the smaller picture are interpolated, up to the edges", () => {
  // Two channels of 3x4; what is not known is 0.
  const [a, b] = [
    [0, 0, 4, 0, 0, 0, 0, 0, 2, 0, 8, 0],
    [8, 0, 8, 0, 0, 0, 0, 0, 8, 0, 8, 0],
  ] as const;
  const known = [1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0];
  const field = g.constant([...a, ...b, ...known], [1, 3, 3, 4]);
  const [values] = evaluate(
    [scaledField(field, { kind: "known", isHalved: true, width: 1, depth: 1 }, 9)],
    {},
  );
  const levels = Array.from(values!, (value) => 4 * value + 4);
  expectClose(levels.slice(0, 12), [0, 2, 4, 4, 1, 3.5, 6, 6, 2, 5, 8, 8], 1e-12);
  expectClose(
    levels.slice(12, 24),
    Array.from({ length: 12 }, () => 8),
    1e-12,
  );
});

test("before training, a mixture's means are where neighbours lie", () => {
  const weights = weightsOf(MIXTURE, 0);
  const flat = (level: number) => new Uint8Array(pictureLength(MIXTURE.size)).fill(level);
  const isKnown = (i: number) => i % 2 === 0 && Math.floor((i % 32) / 8) % 2 === 0;
  const missing = (level: number) =>
    natsOf(MIXTURE, flat(level), weights)
      .filter((_, i) => !isKnown(i))
      .reduce((a, b) => a + b, 0);
  // The same number for all levels but the lowest and the highest, which take what lies beyond.
  expect(Math.abs(missing(2) / missing(4) - 1)).toBeLessThan(1e-9);
  expect(Math.abs(missing(7) / missing(4) - 1)).toBeLessThan(1e-9);
});

test("validation tells the nats of each stage, which add up to those of the whole", () => {
  const { parts, figures, best } = autoregressive.evaluation(COLOUR, 1);
  expect(parts.map(({ name }) => name)).toEqual(["base", "x2", "x4"]);
  expect(figures.map(({ name }) => name)).toEqual(["nats", "bitsPerDim", "nats.base", "nats.x2", "nats.x4"]);
  expect(best).toBe("nats");
});

test("a size that cannot be halved so often, and an observer, are refused", () => {
  const odd = { ...BINARY, size: { channels: 1, rows: 6, cols: 4 }, field: coarse(2) };
  expect(() => stagesOf(odd)).toThrow(
    'expected rows and columns that are multiples of 4 for pictures of 2 halvings, received "4x6"',
  );
  expect(() => openNetworkObserver({ config: BINARY, weights: new Float32Array(0) })).toThrow(
    "expected a model of one network that needs no other picture for the model to watch, " +
      'received "one that draws coarse to fine, as nextpixel sample does"',
  );
});
