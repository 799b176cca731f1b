import { describe, expect, test } from "vitest";
import { gradients } from "../../src/autodiff/gradients.ts";
import { philox4x32, uniform } from "../../src/basics/philox.ts";
import * as g from "../../src/graph/language.ts";
import { logisticMixture } from "../../src/likelihood/logistic-mixture.ts";
import { evaluate } from "../../src/lower/reference/evaluate.ts";
import { openSession } from "../../src/runtime/ort.ts";
import { randomNumbers } from "../graph/primitive-cases.ts";
import { allPictures, chiSquareDeviate } from "../programs/counting.ts";

const LEVELS = [2, 3, 9, 256] as const;
const CHANNELS = [1, 3] as const;
const CASES = CHANNELS.flatMap((channels) => LEVELS.map((levels) => ({ channels, levels })));
const K = 10;

/** Nats [pixels, channels] of pixels with logits of their own, both pixel by pixel, in float64. */
function natsOf(logits: readonly (readonly number[])[], pixels: readonly (readonly number[])[], levels: number) {
  const [count, channels] = [pixels.length, pixels[0]!.length];
  const nats = logisticMixture(levels).nats(
    g.input("logits", [count, logits[0]!.length, 1, 1]),
    g.input("pictures", [count, channels, 1, 1]),
  );
  const [values] = evaluate([nats], { logits: logits.flat(), pictures: pixels.flat() });
  return pixels.map((_, p) => [...values!.subarray(p * channels, (p + 1) * channels)]);
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** Logits as they may come from a network: components far apart, broad and narrow. */
const logitsOf = (channels: number, seed: number): number[] =>
  [...randomNumbers(logisticMixture(2).logits(channels), seed)].map((value, i) => {
    const isScale = [2, 4, 7].includes(Math.floor(i / K));
    return isScale ? 2.5 * value - 2 : 1.2 * value;
  });

/** The same once more, straight from the paper: differences of distribution functions. p(colours so far). */
function jointProbability(logits: readonly number[], pixel: readonly number[], levels: number): number {
  const sigma = (x: number) => 1 / (1 + Math.exp(-x));
  const list = (i: number) => logits.slice(i * K, (i + 1) * K);
  const x = pixel.map((level) => (2 * level) / (levels - 1) - 1);
  const [weights, meanR, scaleR, meanG, scaleG, c0, meanB, scaleB, c1, c2] = Array.from({ length: 10 }, (_, i) =>
    list(i),
  ) as [number[], ...number[][]];
  const ofComponent = (k: number) => {
    const means = [
      meanR![k]!,
      meanG![k]! + Math.tanh(c0![k]!) * x[0]!,
      meanB![k]! + Math.tanh(c1![k]!) * x[0]! + Math.tanh(c2![k]!) * x[1]!,
    ];
    const scales = [scaleR, scaleG, scaleB].map((list) => Math.exp(Math.max(list![k]!, -7)));
    return pixel.reduce((product, level, c) => {
      const below = (edge: number) => sigma((edge - means[c]!) / scales[c]!);
      const lower = level === 0 ? 0 : below(x[c]! - 1 / (levels - 1));
      const upper = level === levels - 1 ? 1 : below(x[c]! + 1 / (levels - 1));
      return product * (upper - lower);
    }, 1);
  };
  const normaliser = total(weights.map(Math.exp));
  return total(weights.map((weight, k) => (Math.exp(weight) / normaliser) * ofComponent(k)));
}

const randomPixel = (channels: number, levels: number, seed: number) =>
  Array.from({ length: channels }, (_, c) => Math.floor(levels * uniform(philox4x32([c, 0, 0, 0], [seed, 7])[0])));

describe.each(CASES)("$channels channel(s) of $levels levels:", ({ channels, levels }) => {
  const logits = Array.from({ length: 30 }, (_, i) => logitsOf(channels, 20 + i));
  const pixels = logits.map((_, i) => randomPixel(channels, levels, i));

  test("nats are those of the paper's formula, written down again", () => {
    natsOf(logits, pixels, levels).forEach((nats, i) => {
      for (let c = 0; c < channels; c++) {
        const wanted = -Math.log(jointProbability(logits[i]!, pixels[i]!.slice(0, c + 1), levels));
        expect(Math.abs(total(nats.slice(0, c + 1)) - wanted)).toBeLessThan(1e-8 * Math.max(1, wanted));
      }
    });
  });

  test("probabilities of a channel's levels sum to 1, whatever the channels before it are", () => {
    for (let c = 0; c < channels; c++) {
      const variants = Array.from({ length: levels }, (_, level) => pixels[0]!.with(c, level));
      const found = natsOf(Array(levels).fill(logits[0]!) as number[][], variants, levels);
      expect(total(found.map((nats) => Math.exp(-nats[c]!)))).toBeCloseTo(1, 12);
    }
  });

  test("a channel's nats depend on the channels before it, and on none after it", () => {
    const [before] = natsOf([logits[1]!], [pixels[1]!], levels);
    for (let changed = 0; changed < channels; changed++) {
      const other = pixels[1]!.with(changed, (pixels[1]![changed]! + 1) % levels);
      const [after] = natsOf([logits[1]!], [other], levels);
      for (let c = 0; c < channels; c++) expect(after![c] === before![c]).toBe(c < changed);
    }
  });

  test("derivatives agree with central differences", () => {
    const shape = [logits.length, logits[0]!.length, 1, 1];
    const nats = logisticMixture(levels).nats(
      g.parameter("logits", shape),
      g.input("pictures", [pixels.length, channels, 1, 1]),
    );
    const parameter = nats.inputs.length > 0 && findParameter(nats);
    const loss = g.sum(g.mul(nats, nats));
    const pictures = pixels.flat();
    const [derivative] = evaluate(gradients(loss, [parameter as typeof nats]), { logits: logits.flat(), pictures });
    const direction = randomNumbers(logits.flat().length, 3);
    const at = (step: number) =>
      evaluate([loss], { logits: logits.flat().map((v, i) => v + step * direction[i]!), pictures })[0]![0]!;
    const byDifferences = (at(1e-6) - at(-1e-6)) / 2e-6;
    const byGradient = derivative!.reduce((sum, d, i) => sum + d * direction[i]!, 0);
    expect(Math.abs(byGradient / byDifferences - 1)).toBeLessThan(1e-5);
  });
});
