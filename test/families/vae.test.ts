import { describe, expect, test } from "vitest";
import { oneHot } from "../../src/data/classes.ts";
import { vae } from "../../src/families/vae.ts";
import {
  buildVariational,
  klOf,
  logRatioOf,
  type VariationalNetwork,
} from "../../src/families/variational-network.ts";
import type { Node } from "../../src/graph/node.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { modelNamesOf } from "../../src/models/by-name.ts";
import type { NetworkConfig } from "../../src/programs/network.ts";
import {
  initialParameters,
  packParameters,
  parameterCount,
  vectorOf,
} from "../../src/programs/parameters.ts";
import { openImportanceScorer, openScorer } from "../../src/programs/scorer.ts";
import { randomNumbers } from "../graph/primitive-cases.ts";
import { evaluate, type Feeds } from "../reference/evaluate.ts";
import { expectGradients } from "./gradients.ts";

const SETTINGS = { steps: 10, lr: 0.01, warmup: 0, decay: 1, clip: 100, ema: 0.9 } as const;
const SIZES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  vae: { width: 2, depth: 1, resolutions: 2, latents: 3 },
  "ladder-vae": { width: 2, depth: 2, resolutions: 2, latents: 1 },
};
const grey = { channels: 1, rows: 5, cols: 6 };
const two = ["a", "b"].map((name) => ({ name, pictures: 1 }));
const CASES: Readonly<Record<string, Omit<NetworkConfig, "model" | "modelConfig">>> = {
  bernoulli: { likelihood: "bernoulli", levels: 2, size: grey },
  "bernoulli, warm-up": {
    likelihood: "bernoulli",
    levels: 2,
    size: grey,
    settings: { klWarmup: 1, beta: 2 },
  },
  "categorical, 2 classes, free bits": {
    likelihood: "categorical",
    levels: 3,
    size: grey,
    classes: two,
    settings: { freeBits: 1e-3 },
  },
  "mixture, colour": { likelihood: "logistic-mixture", levels: 4, size: { channels: 3, rows: 3, cols: 4 } },
};

describe.each(modelNamesOf("vae"))("%s", (model) => {
  test.each(Object.entries(CASES))("gradients agree with differences (%s)", async (_, of) => {
    const config = { ...of, model, modelConfig: SIZES[model]! };
    await expectGradients(vae.trainable(config, 3, SETTINGS), config.levels);
  });

  test("the divergences of the groups of latents add up to the whole", () => {
    const config = { ...CASES["bernoulli"]!, model, modelConfig: SIZES[model]! };
    const { parts, figures } = vae.evaluation(config, 3);
    const of = (name: (name: string) => boolean) => figures.filter((figure) => name(figure.name));
    const [whole, groups] = [of((name) => name === "kl"), of((name) => name.startsWith("kl."))];
    expect(groups.map(({ isDetail }) => isDetail)).toEqual(model === "vae" ? [] : [true, true, true, true]);
    if (groups.length === 0) return;
    const feeds = { ...feedsOf(config, 3), [vectorOf("network")]: weightsOf(parts[0]!.declarations) };
    const sums = (of: typeof figures) =>
      evaluate(
        packParameters(
          of.map(({ node }) => node),
          parts,
        ),
        feeds,
      ).map((values) => values.reduce((a, b) => a + b));
    const each = sums(groups);
    expect(Math.min(...each)).toBeGreaterThan(0);
    expect(each.reduce((a, b) => a + b)).toBeCloseTo(sums(whole)[0]!, 9);
  });

  test("free bits cost nothing, and have no gradient", () => {
    const config = { ...CASES["bernoulli"]!, model, modelConfig: SIZES[model]! };
    const lossWith = (settings: NetworkConfig["settings"]) => {
      const { parts } = vae.trainable({ ...config, settings }, 3, SETTINGS);
      const weights = { [vectorOf("network")]: weightsOf(parts[0]!.declarations) };
      const feeds = { ...feedsOf(config, 3), ...weights };
      return evaluate(packParameters([parts[0]!.loss], parts), feeds)[0]![0]!;
    };
    const [plain, free, none] = [{}, { freeBits: 1000 }, { beta: 0 }].map(lossWith) as [
      number,
      number,
      number,
    ];
    const groups = buildVariational(config, 3, "posterior").groups.length;
    expect(plain).toBeGreaterThan(none);
    expect(free).toBeCloseTo(none + (1000 * groups) / 30, 9);
  });
});

const weightsOf = (declarations: Parameters<typeof parameterCount>[0], scale = 0.5) =>
  Float32Array.from(randomNumbers(parameterCount(declarations), 7), (value) => scale * value);

/** Pictures, noise and classes for a batch. */
function feedsOf(config: NetworkConfig, batch: number): Feeds {
  const { picture, noise, classes } = buildVariational(config, batch, "posterior");
  const length = picture.shape.slice(1).reduce((a, b) => a * b);
  return {
    pictures: Float32Array.from(randomNumbers(batch * length, 4), (value) => (value > 0 ? 1 : 0)),
    ...(classes && { classes: oneHot([0, 1, 0], 2) }),
    ...Object.fromEntries(
      noise.map(({ node }) => [
        node.attributes.name,
        randomNumbers(
          node.shape.reduce((a, b) => a * b),
          5,
        ),
      ]),
    ),
  };
}

// Pictures of 2x2 bits and few latents: p(x) is an integral that a sum over a grid gives to many digits.
describe.each([
  ["vae, 1 latent", "vae", { width: 2, depth: 1, resolutions: 1, latents: 1 }],
  ["vae, 2 latents", "vae", { width: 2, depth: 1, resolutions: 1, latents: 2 }],
  // One latent at the smaller resolution, and one whose prior depends on it.
  ["ladder-vae, 2 groups", "ladder-vae", { width: 2, depth: 1, resolutions: 2, latents: 1 }],
])("bounds, against the likelihood by quadrature: %s", (_, model, modelConfig) => {
  const config: NetworkConfig = {
    model,
    modelConfig,
    likelihood: "bernoulli",
    levels: 2,
    size: { channels: 1, rows: 2, cols: 2 },
  };
  const latents = buildVariational(config, 1, "prior").noise.reduce(
    (sum, { node }) => sum + sizeOf(node.shape),
    0,
  );
  const side = latents === 1 ? 400 : 60;
  const axis = Array.from({ length: side }, (_, i) => -7.5 + (15 * (i + 0.5)) / side);
  const grid = latents === 1 ? axis.map((z) => [z]) : axis.flatMap((a) => axis.map((b) => [a, b]));
  /** Of a standard normal distribution. */
  const probability = grid.map(
    (point) =>
      (15 / side) ** latents *
      point.reduce((product, z) => (product * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI), 1),
  );
  const expectation = (values: (i: number) => number) =>
    probability.reduce((sum, p, i) => sum + p * values(i), 0);

  const posterior = buildVariational(config, grid.length, "posterior");
  const prior = buildVariational(config, grid.length, "prior");
  const weights = weightsOf(posterior.parts[0].declarations, 0.4);
  const all = Array.from({ length: 16 }, (_, code) => [0, 1, 2, 3].map((bit) => (code >> bit) & 1));

  /** Of a picture, with the points of the grid as the noise of the latents. */
  const ofGrid = (network: VariationalNetwork, nodes: readonly Node[], picture: readonly number[]) => {
    let first = 0;
    const noise = network.noise.map(({ node }) => {
      const last = first + sizeOf(node.shape.slice(1));
      const values = Float64Array.from(grid.flatMap((point) => point.slice(first, last)));
      first = last;
      return [node.attributes.name, values] as const;
    });
    const feeds = {
      pictures: grid.flatMap(() => picture),
      ...Object.fromEntries(noise),
      [vectorOf("network")]: weights,
    };
    return evaluate(packParameters(nodes, network.parts), feeds);
  };
  const sumOfFour = (values: Float64Array, i: number) =>
    values[4 * i]! + values[4 * i + 1]! + values[4 * i + 2]! + values[4 * i + 3]!;

  /** -log p(x), -ELBO and the mean of the importance weights. */
  const found = all.map((picture) => {
    const [given] = ofGrid(prior, [prior.nats], picture) as [Float64Array];
    const { groups } = posterior;
    const [nats, ...ofGroups] = ofGrid(
      posterior,
      [posterior.nats, ...groups.map(klOf), ...groups.map(logRatioOf)],
      picture,
    ) as [Float64Array, ...Float64Array[]];
    const total = (of: readonly Float64Array[], i: number) => of.reduce((sum, values) => sum + values[i]!, 0);
    const [kl, logRatio] = [ofGroups.slice(0, groups.length), ofGroups.slice(groups.length)];
    return {
      exact: -Math.log(expectation((i) => Math.exp(-sumOfFour(given, i)))),
      negativeElbo: expectation((i) => sumOfFour(nats, i) + total(kl, i)),
      meanWeight: expectation((i) => Math.exp(total(logRatio, i) - sumOfFour(nats, i))),
    };
  });

  test("the probabilities of all pictures sum to 1", () => {
    expect(found.reduce((sum, { exact }) => sum + Math.exp(-exact), 0)).toBeCloseTo(1, 6);
  });

  test("-ELBO is above -log p, and not the same", () => {
    for (const { exact, negativeElbo } of found) expect(negativeElbo).toBeGreaterThan(exact + 1e-4);
  });

  test("importance weights have the mean p(x)", () => {
    for (const { exact, meanWeight } of found) expect(-Math.log(meanWeight)).toBeCloseTo(exact, 3);
  });

  test("the bound falls to -log p with the number of samples", async () => {
    // Each picture many times, with other noise: a mean over few draws may well be below the expectation.
    const pictures = Uint8Array.from(Array.from({ length: 40 }, () => all).flat(2));
    const ofSamples = async (count: number) => {
      const graph = vae.can.importance!(config, 640, Math.min(count, 7));
      const scorer = await openImportanceScorer(graph, count, { network: weights }, { threads: 1 });
      const nats = await scorer.nats(pictures);
      await scorer.close();
      return nats;
    };
    const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const exact = mean(Float32Array.from(found, (one) => one.exact));
    const bounds = [mean(await ofSamples(2)), mean(await ofSamples(20)), mean(await ofSamples(300))];
    expect(bounds).toEqual(bounds.toSorted((a, b) => b - a));
    expect(bounds[2]! - exact).toBeLessThan(0.02);

    const scorer = await openScorer(vae.can.score!.trace(config, 640), { network: weights }, { threads: 1 });
    expect(mean(await scorer.nats(pictures))).toBeGreaterThan(exact);
    await scorer.close();
  });
});

test("the importance-weighted bound does not depend on how many samples are computed together", async () => {
  const config = { ...CASES["categorical, 2 classes, free bits"]!, model: "vae", modelConfig: SIZES["vae"]! };
  const declared = vae.evaluation(config, 1).parts[0]!.declarations;
  const weights = { network: initialParameters(declared, 1) };
  const pictures = Uint8Array.from({ length: 5 * 30 }, (_, i) => i % 3);
  const labels = [0, 1, 0, 1, 1];
  const nats: Float32Array[] = [];
  for (const [batch, first] of [
    [5, 0],
    [3, 0],
    [5, 2],
  ] as const) {
    const scorer = await openImportanceScorer(vae.can.importance!(config, batch, 4), 10, weights);
    const some = pictures.slice(first * 30, (first + Math.min(batch, 5 - first)) * 30);
    nats.push(await scorer.nats(some, { labels: labels.slice(first, first + some.length / 30), first }));
    await scorer.close();
  }
  [0, 1, 2].forEach((i) => expect(nats[1]![i]!).toBeCloseTo(nats[0]![i]!, 3));
  [2, 3, 4].forEach((i) => expect(nats[2]![i - 2]!).toBeCloseTo(nats[0]![i]!, 3));
});
