import { describe, expect, test } from "vitest";
import { buildCodeNetwork } from "../../src/families/code-network.ts";
import { newCodeUsage } from "../../src/families/code-usage.ts";
import { familyOf } from "../../src/families/by-name.ts";
import { tokenizer } from "../../src/families/tokenizer.ts";
import type { NetworkConfig } from "../../src/programs/network.ts";
import { initialParameters, packParameters, vectorOf } from "../../src/programs/parameters.ts";
import { openScorer } from "../../src/programs/scorer.ts";
import { randomWeights } from "../runtime/logits.ts";
import { randomNumbers } from "../graph/primitive-cases.ts";
import { evaluate } from "../reference/evaluate.ts";
import { expectGradients } from "./gradients.ts";

const SETTINGS = { steps: 10, lr: 0.01, warmup: 0, decay: 1, clip: 100, ema: 0.9 } as const;
const TINY = { width: 2, blocks: 1, downsampling: 4, codeChannels: 2, codeLevels: 3 };

const grey: NetworkConfig = {
  model: "fsq",
  modelConfig: TINY,
  levels: 5,
  size: { channels: 1, rows: 8, cols: 12 },
};
const colour: NetworkConfig = { ...grey, size: { channels: 3, rows: 4, cols: 8 } };

describe("the gradient of each part", () => {
  test.each([
    ["reconstruction alone, grey", grey, {}],
    ["with a discriminator, colour", colour, { adversarial: 0.5, gamma: 0.3 }],
  ])("agrees with differences in float64, and ONNX Runtime with it (%s)", async (_, config, settings) => {
    await expectGradients(tokenizer.trainable({ ...config, settings }, 2, SETTINGS), config.levels);
  });
});

/** Values of nodes of a tokenizer with random weights, for random pictures. */
function valuesOf(config: NetworkConfig, batch: number) {
  const network = buildCodeNetwork(config, batch);
  const [part] = network.parts;
  const length = batch * config.size.channels * config.size.rows * config.size.cols;
  const pictures = randomNumbers(length, 5).map((x) => Math.floor(Math.abs(x) * 1000) % config.levels);
  const feeds = { pictures, [vectorOf(part.name)]: randomWeights(part.declarations, 3, 1) };
  const nodes = [network.codes, network.levels];
  const [codes, levels] = evaluate(packParameters(nodes, network.parts), feeds) as [
    Float64Array,
    Float64Array,
  ];
  return { codes, levels };
}

test.each([3, 5, 7])(
  "codes are whole numbers in range, as the scaled codes are, of %i levels",
  (codeLevels) => {
    const { codes, levels } = valuesOf({ ...grey, modelConfig: { ...TINY, codeLevels } }, 8);
    expect(new Set(levels).size).toBe(codeLevels);
    levels.forEach((level, i) => {
      expect(Number.isInteger(level) && level >= 0 && level < codeLevels).toBe(true);
      expect(codes[i]).toBeCloseTo((2 * level) / (codeLevels - 1) - 1, 12);
    });
  },
);

test("the weight of the discriminator rises from 0, and without one there is one part", () => {
  const parts = (adversarial: number) =>
    tokenizer.trainable({ ...grey, settings: { adversarial } }, 2, SETTINGS);
  expect(parts(0).parts.map(({ name }) => name)).toEqual(["tokenizer"]);
  const both = parts(0.5);
  expect(both.parts.map(({ name }) => name)).toEqual(["discriminator", "tokenizer"]);
  const weight = both.schedules!.find(({ node }) => node.attributes.name === "adversarial weight")!;
  expect([0, 5, 10].map(weight.at)).toEqual([0, 0.25, 0.5]);
});

test.each([
  [{ codeLevels: 4 }, "expected an odd number from 3 to 255 for codeLevels, received 4"],
  [{ downsampling: 5 }, "expected 4 or 8 or 16 for downsampling, received 5"],
  [
    { downsampling: 8 },
    "expected a multiple of 8 in rows and columns, which fsq makes codes of, for the size",
  ],
])("sizes that make no tokenizer are refused: %o", (given, message) => {
  const config = { ...grey, modelConfig: { ...TINY, ...given } };
  expect(() => tokenizer.trainable(config, 1, SETTINGS)).toThrow(message);
});

test("classes and dropout are refused", () => {
  const classes = [{ name: "a", pictures: 1 }];
  expect(() => tokenizer.trainable({ ...grey, classes }, 1, SETTINGS)).toThrow("expected no classes for fsq");
  expect(() => tokenizer.trainable(grey, 1, { ...SETTINGS, dropout: 0.5 })).toThrow(
    "a model that has dropout",
  );
});

test("the usage of codes: their share, and e to the entropy", () => {
  const usage = newCodeUsage({ channels: 2, levels: 3 });
  // Two maps of two places: the codes (0, 1), (2, 1); (0, 1), (0, 0).
  usage.add([0, 2, 1, 1, 0, 0, 1, 0], 2);
  expect(usage.share()).toBeCloseTo(3 / 9, 12);
  expect(usage.perplexity()).toBeCloseTo(Math.exp(-(0.5 * Math.log(0.5) + 2 * 0.25 * Math.log(0.25))), 12);
});

describe("a network that draws codes", () => {
  const config: NetworkConfig = {
    model: "gated-pixelcnn",
    modelConfig: { width: 3, depth: 2, kernel: 3, head: 4 },
    likelihood: "categorical",
    levels: 2,
    size: { channels: 1, rows: 4, cols: 4 },
    tokenizer: { model: "fsq", modelConfig: TINY, sha256: "0".repeat(64) },
  };
  const family = familyOf(config);

  test("is trained on maps of codes", () => {
    const { picture } = family.trainable(config, 3, SETTINGS);
    expect(picture.shape).toEqual([3, 2, 1, 1]);
  });

  test("the bounds of all pictures are probabilities that add up to no more than 1", async () => {
    const pictures = Uint8Array.from({ length: 2 ** 16 * 16 }, (_, i) => ((i >> 4) >> (i & 15)) & 1);
    const graph = family.can.score!.trace(config, 4096);
    const weights = Object.fromEntries(
      graph.parts.map(({ name, declarations }) => [name, initialParameters(declarations, 2)]),
    );
    const scorer = await openScorer(graph, weights, { threads: 1 });
    const nats: number[] = [];
    for (let at = 0; at < pictures.length; at += 4096 * 16)
      nats.push(...(await scorer.nats(pictures.subarray(at, at + 4096 * 16))));
    await scorer.close();
    const total = nats.reduce((sum, value) => sum + Math.exp(-value), 0);
    expect(nats).toHaveLength(2 ** 16);
    expect(total).toBeLessThanOrEqual(1 + 1e-4);
    expect(total).toBeGreaterThan(1e-9);
  });

  test("the probabilities of all maps of codes sum to 1", async () => {
    const length = 2;
    const maps = Uint8Array.from({ length: 9 * length }, (_, i) =>
      i % 2 === 0 ? Math.floor(i / 6) : (i >> 1) % 3,
    );
    const { picture, figures, parts, ...rest } = family.evaluation(config, 9);
    const { node } = figures.find(({ name }) => name === "nats")!;
    const weights = { [parts[0]!.name]: randomWeights(parts[0]!.declarations, 4, 1) };
    const scorer = await openScorer({ ...rest, parts, picture, nats: node }, weights, { threads: 1 });
    const nats = await scorer.nats(maps);
    await scorer.close();
    const total = Array.from({ length: 9 }, (_, i) => Math.exp(-(nats[2 * i]! + nats[2 * i + 1]!)));
    expect(total.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  });
});
