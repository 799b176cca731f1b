import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as g from "../../src/graph/language.ts";
import type { Distribution, NoiseInput } from "../../src/nn/noise-input.ts";
import { noiseOf } from "../../src/programs/noise.ts";

const inputs = (distribution: Distribution): NoiseInput[] => [
  { node: g.input("a", [1, 50, 40, 1]), distribution },
  { node: g.input("b", [1, 11]), distribution },
];
const BATCH = 20;
const numbersOf = (distribution: Distribution, step = 1, seed = 1, first = 0) =>
  Object.values(noiseOf(inputs(distribution), BATCH, seed)(step, first)) as [Float32Array, Float32Array];

const mean = (values: Float32Array, of = (value: number) => value) =>
  values.reduce((total, value) => total + of(value), 0) / values.length;
const sameShare = (a: Float32Array, b: Float32Array) =>
  a.filter((value, i) => value === b[i]).length / a.length;

describe.each(["normal", "uniform", { dropout: 0.5 }] as const)("noise that is %j", (distribution) => {
  /** Of masks half are equal by chance. */
  const byChance = typeof distribution === "string" ? 0 : 0.5;

  test("is the same for the same seed, step and name, and another for others", () => {
    const [a, b] = numbersOf(distribution, 7);
    expect([a.length, b.length]).toEqual([BATCH * 2000, BATCH * 11]);
    expect(numbersOf(distribution, 7)).toEqual([a, b]);
    for (const [other] of [numbersOf(distribution, 8), numbersOf(distribution, 7, 2)])
      expect(Math.abs(sameShare(a, other) - byChance)).toBeLessThan(0.02);
    expect(sameShare(b, a.subarray(0, b.length))).toBeLessThan(byChance + 0.15);
  });

  test("is a function of the picture: the same in another batch", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(1000), fc.nat(2 ** 32), (batch, first, seed) => {
        const [all] = numbersOf(distribution, 3, seed, first);
        const part = noiseOf(inputs(distribution), batch, seed)(3, first + 2)["a"]!;
        expect(part.subarray(0, 2000)).toEqual(all.subarray(4000, 6000));
      }),
      { seed: 3, numRuns: 20 },
    );
  });

  test("does not repeat within a picture", () => {
    const [a] = numbersOf(distribution, 3);
    for (const distance of [1, 2, 3, 4, 5, 8, 64, 256, 1024, 2000, 4000])
      expect(Math.abs(sameShare(a.subarray(distance), a) - byChance)).toBeLessThan(0.02);
  });
});

describe("normal noise", () => {
  const [values] = numbersOf("normal");

  test("has the moments of a standard normal number", () => {
    // Standard errors over 40,000 numbers: 0.005, 0.007, 0.012 and 0.05.
    expect(Math.abs(mean(values))).toBeLessThan(0.02);
    expect(Math.abs(mean(values, (v) => v ** 2) - 1)).toBeLessThan(0.03);
    expect(Math.abs(mean(values, (v) => v ** 3))).toBeLessThan(0.05);
    expect(Math.abs(mean(values, (v) => v ** 4) - 3)).toBeLessThan(0.2);
  });

  test("has its distribution function (Kolmogorov and Smirnov)", () => {
    const sorted = values.toSorted();
    // Abramowitz, Stegun 26.2.17, within 7.5e-8.
    const cumulative = (x: number): number => {
      if (x < 0) return 1 - cumulative(-x);
      const t = 1 / (1 + 0.2316419 * x);
      const series =
        t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
      return 1 - (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * series;
    };
    const distance = sorted.reduce((most, x, i) => {
      const p = cumulative(x);
      return Math.max(most, Math.abs(p - i / sorted.length), Math.abs(p - (i + 1) / sorted.length));
    }, 0);
    // Exceeded once in a thousand times.
    expect(distance * Math.sqrt(sorted.length)).toBeLessThan(1.95);
  });

  test("has these bits", () => {
    const digest = createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex");
    expect(digest).toMatchInlineSnapshot(
      `"60a03c9e6782f216e1a7e6bc3a0fe71a407237a7219e502ca73a3221aad536b2"`,
    );
  });
});

test("uniform noise lies strictly between 0 and 1, evenly", () => {
  const [values] = numbersOf("uniform");
  expect(values.every((value) => value > 0 && value < 1)).toBe(true);
  const counts = new Uint32Array(10);
  for (const value of values) counts[Math.floor(10 * value)]!++;
  for (const count of counts) expect(Math.abs(count / values.length - 0.1)).toBeLessThan(0.006);
});

test.each([0.1, 0.5, 0.75, 0.999])("masks of rate %f drop as many, and keep the mean", (rate) => {
  const [values] = numbersOf({ dropout: rate });
  const dropped = values.filter((value) => value === 0).length / values.length;
  expect(Math.abs(dropped - rate)).toBeLessThan(0.012);
  const kept = new Set(values.filter((value) => value !== 0));
  expect(kept.size).toBe(1);
  // To the nearest 1/256, and exactly the inverse of what is kept.
  expect(256 / [...kept][0]!).toBeCloseTo(Math.max(Math.round(256 * (1 - rate)), 1), 4);
  expect(Math.abs(mean(values) - 1)).toBeLessThan(0.2 * Math.sqrt(rate / (1 - rate)));
});
