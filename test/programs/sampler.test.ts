import { afterAll, describe, expect, test } from "vitest";
import { pictureLength } from "../../src/data/dataset.ts";
import { buildNetwork, NETWORK } from "../../src/programs/network.ts";
import { openScorer, type Scorer } from "../../src/programs/scorer.ts";
import { draw, samplerOf } from "../runtime/drawing.ts";
import { randomLevels, randomWeights } from "../runtime/logits.ts";
import { labelsInTurn, TINY_NETWORKS } from "./tiny.ts";
import { openWholeNetworkSampler } from "./whole-network-sampler.ts";

/** More than are drawn together. */
const COUNT = 40;
const SEED = 3;

describe.each(TINY_NETWORKS)("pictures of $name", ({ config }) => {
  const network = buildNetwork(config, 1);
  const weights = randomWeights(network.declarations, 5);
  const sampler = samplerOf(network, weights);
  const length = pictureLength(config.size);
  const { channels, rows, cols } = config.size;
  const pixels = rows * cols;

  // Opening one takes longer than what it is asked here.
  let scorer: Promise<Scorer> | undefined;
  afterAll(async () => (await scorer)?.close());

  /** -log p of each picture's sub-pixels, or of some of the pixels, as the scorer computes it. */
  async function scored(pictures: Uint8Array, isCounted = (_pixel: number) => true): Promise<number[]> {
    scorer ??= openScorer(buildNetwork(config, COUNT), { [NETWORK]: weights });
    const nats = await (await scorer).nats(pictures, { labels: labelsInTurn(network, COUNT) });
    return Array.from({ length: COUNT }, (_, m) =>
      nats
        .subarray(m * length, (m + 1) * length)
        .reduce((total, value, i) => total + (isCounted(i % pixels) ? value : 0), 0),
    );
  }

  function expectNats(nats: Float64Array, wanted: readonly number[]): void {
    expect(nats.length).toBe(COUNT);
    wanted.forEach((value, m) => expect(Math.abs(nats[m]! - value)).toBeLessThan(1e-3));
  }

  test.each([1, 0.7])("are those that the whole network draws, at temperature %d", async (temperature) => {
    const [count, first] = [6, 35];
    const whole = await openWholeNetworkSampler(buildNetwork(config, count), weights);
    const wanted = await whole.draw({ seed: SEED, temperature, first });
    await whole.close();
    const { pictures } = await draw(sampler, network, { seed: SEED, temperature, count, first });
    expect(pictures).toEqual(wanted);
    // All levels are drawn, or this would say little.
    expect(new Set(pictures).size).toBe(config.levels);
  });

  test.each([1, 0.6, 1.8])(
    "drawn at temperature %d have the scorer's nats (at 1) within 1e-3",
    async (temperature) => {
      const { pictures, nats } = await draw(sampler, network, { seed: SEED, temperature, count: COUNT });
      const wanted = await scored(pictures);
      expectNats(nats, wanted);
      expect(Math.max(...wanted) - Math.min(...wanted)).toBeGreaterThan(1);
    },
  );

  /** Pixels anywhere in the picture, some 40 % of them. */
  const isGiven = randomLevels(pixels, 5, 6).map((level) => (level < 2 ? 1 : 0));
  const whichGiven = (i: number) => isGiven[i % pixels] === 1;

  test("are drawn around their own pixels as without", async () => {
    const free = await draw(sampler, network, { seed: SEED, count: COUNT });
    const given = { levels: free.pictures.map((level, i) => (whichGiven(i) ? level : 0)), isGiven };
    const { pictures, nats } = await draw(sampler, network, { seed: SEED, count: COUNT, given });
    expect(pictures).toEqual(free.pictures);
    expectNats(nats, await scored(pictures, (pixel) => !whichGiven(pixel)));
  });

  test("are drawn around any pixels, which stay as they are", async () => {
    const levels = randomLevels(COUNT * length, config.levels, 7);
    const request = { seed: SEED, count: COUNT, given: { levels, isGiven } };
    const { pictures, nats } = await draw(sampler, network, request);
    const kept = (list: Uint8Array) => list.filter((_, i) => whichGiven(i));
    expect(kept(pictures)).toEqual(kept(levels));
    expectNats(nats, await scored(pictures, (pixel) => !whichGiven(pixel)));
    // What was given where a pixel is drawn says nothing.
    const others = levels.map((level, i) => (whichGiven(i) ? level : (level + 1) % config.levels));
    const again = await draw(sampler, network, { ...request, given: { levels: others, isGiven } });
    expect(again.pictures).toEqual(pictures);
    // What is given counts: other pictures than without.
    const free = await draw(sampler, network, { seed: SEED, count: COUNT });
    const drawnOf = (list: Uint8Array) => list.filter((_, i) => !whichGiven(i));
    expect(drawnOf(pictures)).not.toEqual(drawnOf(free.pictures));
  });

  test("are drawn before a given pixel as if it were not given", async () => {
    const middle = Math.floor(pixels / 2);
    const late = Uint8Array.from({ length: pixels }, (_, pixel) => (pixel >= middle ? 1 : 0));
    const levels = randomLevels(COUNT * length, config.levels, 8);
    const request = { seed: SEED, count: COUNT };
    const free = await draw(sampler, network, request);
    const { pictures } = await draw(sampler, network, { ...request, given: { levels, isGiven: late } });
    const before = (list: Uint8Array) => list.filter((_, i) => i % pixels < middle);
    const after = (list: Uint8Array) => list.filter((_, i) => i % pixels >= middle);
    expect(before(pictures)).toEqual(before(free.pictures));
    expect(after(pictures)).toEqual(after(levels));
  });

  test("are no draws at all if all is given", async () => {
    const levels = randomLevels(COUNT * length, config.levels, 9);
    const given = { levels, isGiven: new Uint8Array(pixels).fill(1) };
    const { pictures, nats } = await draw(sampler, network, { seed: SEED, count: COUNT, given });
    expect(pictures).toEqual(levels);
    expect(nats).toEqual(new Float64Array(COUNT));
  });

  test(`have levels 0 .. ${config.levels - 1} in ${channels} channel(s) at extreme temperatures`, async () => {
    const hot = await draw(sampler, network, { seed: SEED, count: COUNT, temperature: 1e6 });
    // Hardly anything but the uniform numbers counts: all levels are alike, or the two open ends of a mixture.
    const frequency = hot.pictures.filter((level) => level === 0).length / hot.pictures.length;
    const alike = config.likelihood === "logistic-mixture" ? 2 : config.levels;
    expect(Math.abs(frequency - 1 / alike)).toBeLessThan(0.06);
    const cold = await draw(sampler, network, { seed: SEED, count: COUNT, temperature: 1e-6 });
    // The likeliest picture of each class.
    const classes = config.classes?.length ?? 1;
    for (let m = classes; m < COUNT; m++) {
      const same = cold.pictures.subarray((m % classes) * length, ((m % classes) + 1) * length);
      expect(cold.pictures.subarray(m * length, (m + 1) * length)).toEqual(same);
    }
    expect(cold.nats.every(Number.isFinite)).toBe(true);
    expect(Math.max(...hot.pictures, ...cold.pictures)).toBe(config.levels - 1);
  });
});
