import { describe, expect, test } from "vitest";
import { gradients } from "../../src/autodiff/gradients.ts";
import { philox4x32, uniform } from "../../src/basics/philox.ts";
import * as g from "../../src/graph/language.ts";
import type { Node } from "../../src/graph/node.ts";
import { levelAt } from "../../src/likelihood/likelihood.ts";
import { logisticMixture } from "../../src/likelihood/logistic-mixture.ts";
import { evaluate } from "../reference/evaluate.ts";
import { openSession } from "../../src/runtime/ort.ts";
import { randomNumbers } from "../graph/primitive-cases.ts";
import { chiSquareDeviate } from "../programs/chi-square.ts";
import { expectClose } from "../runtime/logits.ts";

const COMPONENTS = 10;
const CASES = [1, 3].flatMap((channels) => [2, 3, 9, 256].map((levels) => ({ channels, levels })));

/** Pixels and their logits, one after the other. */
interface Pixels {
  readonly levels: number;
  readonly logits: readonly (readonly number[])[];
  readonly pixels: readonly (readonly number[])[];
}

/** The nats of pixels as a graph, fed with their logits and levels. */
function graphOf({ levels, logits, pixels }: Pixels) {
  const node = g.parameter("logits", [logits.length, logits[0]!.length, 1, 1]);
  const pictures = g.input("pictures", [pixels.length, pixels[0]!.length, 1, 1]);
  const feeds = { logits: logits.flat(), pictures: pixels.flat() };
  return { logits: node, nats: logisticMixture(levels).nats(node, pictures), feeds };
}

/** The nats of the channels of each pixel, in float64. */
function natsOf(all: Pixels): number[][] {
  const { nats, feeds } = graphOf(all);
  const [values] = evaluate([nats], feeds);
  const channels = nats.shape[1]!;
  return all.pixels.map((_, i) => [...values!.subarray(i * channels, (i + 1) * channels)]);
}

const total = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0);

/** Where a mean, a log-scale and the coefficients of each colour start, by component. */
const PLACES = [
  { mean: 10, logScale: 20, coefficients: [] },
  { mean: 30, logScale: 40, coefficients: [50] },
  { mean: 60, logScale: 70, coefficients: [80, 90] },
] as const;

/** Logits as they may come from a network: components far apart, broad and narrow. */
function logitsOf(channels: number, seed: number): number[] {
  const logits = [...randomNumbers(logisticMixture(2).logits(channels), seed)];
  const isLogScale = (i: number) => PLACES.some(({ logScale }) => i >= logScale && i < logScale + COMPONENTS);
  return logits.map((value, i) => (isLogScale(i) ? 2.5 * value - 2 : 1.2 * value));
}

function randomPixel(channels: number, levels: number, seed: number): number[] {
  return Array.from({ length: channels }, (_, c) =>
    Math.floor(levels * uniform(philox4x32([c, 0, 0, 0], [seed, 7])[0])),
  );
}

/** p(the first colours of a pixel), as the paper writes it: with differences of distribution functions. */
function probability(logits: readonly number[], colours: readonly number[], levels: number): number {
  const places = colours.map((level) => (2 * level) / (levels - 1) - 1);
  const ofComponent = (k: number) =>
    colours.reduce((product, level, c) => {
      const { mean, logScale, coefficients } = PLACES[c]!;
      const moved = coefficients.map((at, i) => Math.tanh(logits[at + k]!) * places[i]!);
      const below = (edge: number) => {
        const distance = edge - (logits[mean + k]! + total(moved));
        return 1 / (1 + Math.exp(-distance / Math.exp(logits[logScale + k]!)));
      };
      const lower = level === 0 ? 0 : below(places[c]! - 1 / (levels - 1));
      const upper = level === levels - 1 ? 1 : below(places[c]! + 1 / (levels - 1));
      return product * (upper - lower);
    }, 1);
  const weights = logits.slice(0, COMPONENTS).map(Math.exp);
  return total(weights.map((weight, k) => weight * ofComponent(k))) / total(weights);
}

describe.each(CASES)("$channels channel(s) of $levels levels:", ({ channels, levels }) => {
  const logits = Array.from({ length: 30 }, (_, i) => logitsOf(channels, 20 + i));
  const pixels = logits.map((_, i) => randomPixel(channels, levels, i));
  const [first, firstLogits] = [pixels[0]!, logits[0]!];

  test("nats are those of the paper's formula, written down again", () => {
    natsOf({ levels, logits, pixels }).forEach((nats, i) => {
      for (let c = 0; c < channels; c++) {
        const wanted = probability(logits[i]!, pixels[i]!.slice(0, c + 1), levels);
        const received = Math.exp(-total(nats.slice(0, c + 1)));
        expect(Math.abs(received - wanted)).toBeLessThan(1e-13);
        expect(Math.abs(received / wanted - 1)).toBeLessThan(1e-6);
      }
    });
  });

  test("probabilities of a channel's levels sum to 1, whatever the channels before it are", () => {
    for (let c = 0; c < channels; c++) {
      const variants = Array.from({ length: levels }, (_, level) => first.with(c, level));
      const nats = natsOf({ levels, logits: variants.map(() => firstLogits), pixels: variants });
      expect(total(nats.map((list) => Math.exp(-list[c]!)))).toBeCloseTo(1, 12);
    }
  });

  test("a channel's nats depend on the channels before it, and on none after it", () => {
    const variants = first.map((level, c) => first.with(c, (level + 1) % levels));
    const all = { levels, logits: [first, ...variants].map(() => firstLogits), pixels: [first, ...variants] };
    const [before, ...after] = natsOf(all);
    after.forEach((nats, changed) => {
      nats.forEach((value, c) => expect(value === before![c]).toBe(c < changed));
    });
  });

  test("derivatives agree with central differences", () => {
    const graph = graphOf({ levels, logits, pixels });
    const loss = g.sum(g.mul(graph.nats, graph.nats));
    const [gradient] = evaluate(gradients(loss, [graph.logits]), graph.feeds);
    const direction = randomNumbers(gradient!.length, 3);
    const lossAt = (step: number) => {
      const moved = graph.feeds.logits.map((value, i) => value + step * direction[i]!);
      return evaluate([loss], { ...graph.feeds, logits: moved })[0]![0]!;
    };
    const wanted = (lossAt(1e-6) - lossAt(-1e-6)) / 2e-6;
    const received = total(gradient!.map((value, i) => value * direction[i]!));
    expect(Math.abs(received / wanted - 1)).toBeLessThan(1e-6);
  });
});

test("around places, the distribution is the same, moved there: a picture moved with it is as probable", () => {
  const [levels, moves] = [256, [40, -25, 7]];
  const logits = Array.from({ length: 20 }, (_, i) => logitsOf(3, 50 + i));
  const pixels = logits.map((_, i) => randomPixel(3, 100, i).map((level) => level + 70));
  const node = g.constant(logits.flat(), [20, 100, 1, 1]);
  const places = g.constant(
    logits.flatMap(() => moves.map((move) => (2 * move) / (levels - 1))),
    [20, 3, 1, 1],
  );
  const likelihood = logisticMixture(levels);
  const natsAt = (around: Node, all: readonly (readonly number[])[]) =>
    evaluate([likelihood.nats(around, g.constant(all.flat(), [20, 3, 1, 1]))], {})[0]!;
  const moved = pixels.map((pixel) => pixel.map((level, c) => level + moves[c]!));
  // None of these levels is the lowest or the highest one, which take what lies beyond.
  expect(Math.min(...moved.flat())).toBeGreaterThan(0);
  expect(Math.max(...moved.flat())).toBeLessThan(levels - 1);
  expectClose(natsAt(likelihood.around!(node, places), moved), natsAt(node, pixels), 1e-9);
});

test.each([2, 256])(
  "extreme logits have finite nats and derivatives in float32 (%d levels)",
  async (levels) => {
    const extremes = [0, 0.3, 1, -1, 1e4, -1e4];
    const logScales = [-7, 20, -1e3, 1e3, 0, -3];
    const logits: number[][] = [];
    const pixels: number[][] = [];
    for (const mean of extremes)
      for (const logScale of logScales)
        for (const level of [0, 1, Math.floor(levels / 2), levels - 1]) {
          // Every second pixel: one of its components is as it should be, but has no weight.
          const isMixed = logits.length % 2 === 1;
          const own = Array.from({ length: 100 }, (_, i) => {
            if (i < COMPONENTS) return isMixed && i === 3 ? -1e3 : i === 4 ? 1e3 : 0;
            if (isMixed && i % COMPONENTS === 3) return 0.1;
            const { mean: start, logScale: scales } = PLACES.findLast((place) => i >= place.mean)!;
            return i < start + COMPONENTS ? mean : i < scales + COMPONENTS ? logScale : 1e3 * (-1) ** i;
          });
          logits.push(own);
          pixels.push([level, levels - 1 - level, level]);
        }
    const { nats, feeds, ...graph } = graphOf({ levels, logits, pixels });
    const [gradient] = gradients(g.sum(nats), [graph.logits]) as [Node];
    const session = await openSession({ name: "extremes", outputs: { nats, gradient } });
    const received = await session.run({
      logits: Float32Array.from(feeds.logits),
      pictures: Float32Array.from(feeds.pictures),
    });
    await session.close();
    const [wantedNats, wantedGradient] = evaluate([nats, gradient], feeds);
    expect(received["gradient"]!.every(Number.isFinite)).toBe(true);
    expect(wantedGradient!.every(Number.isFinite)).toBe(true);
    const isFar = (value: number, i: number) =>
      !(Math.abs(received["nats"]![i]! - value) <= 1e-3 + 1e-5 * Math.abs(value));
    const far = wantedNats!.findIndex(isFar);
    expect(far < 0 ? [] : [far, received["nats"]![far], wantedNats![far]]).toEqual([]);
  },
);

test("a bin's mass is exact however far it is in the tail", () => {
  // One component of scale 0.01 at -1: the bin of level 200 of 256 is 157 to 157.8 scales away.
  const logits = Array.from({ length: 30 }, (_, i) => (i < 10 ? 0 : i < 20 ? -1 : Math.log(0.01)));
  const [[nats]] = natsOf({ levels: 256, logits: [logits], pixels: [[200]] }) as [[number]];
  const [near, far] = [399 / 2.55, 401 / 2.55];
  expect(nats).toBeCloseTo(near - Math.log(1 - Math.exp(near - far)), 9);
});

test.each([1, 3])("draws are as frequent as they are probable, %d channel(s)", (channels) => {
  const levels = channels === 1 ? 40 : 4;
  const likelihood = logisticMixture(levels);
  const logits = logitsOf(channels, 5);
  const counts = new Float64Array(levels ** channels);
  const count = 20_000;
  for (let i = 0; i < count; i++) {
    const words = philox4x32([i, 0, 0, 0], [1, 1]);
    const pixel: number[] = [];
    for (let c = 0; c < channels; c++)
      pixel.push(levelAt(likelihood.masses(logits, 1, pixel), uniform(words[c]!)));
    counts[pixel.reduce((code, level) => levels * code + level, 0)]! += 1;
  }
  const pixels = Array.from(counts, (_, code) =>
    Array.from(
      { length: channels },
      (_unused, c) => Math.floor(code / levels ** (channels - 1 - c)) % levels,
    ),
  );
  const nats = natsOf({ levels, logits: pixels.map(() => logits), pixels });
  const probabilities = nats.map((list) => Math.exp(-total(list)));
  expect(total(probabilities)).toBeCloseTo(1, 12);
  const { deviate, classes } = chiSquareDeviate(probabilities, counts);
  expect(classes).toBeGreaterThan(20);
  expect(Math.abs(deviate)).toBeLessThan(3.09);
});
