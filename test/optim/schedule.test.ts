import { expect, test } from "vitest";
import { averageDecay } from "../../src/optim/average.ts";
import { learningRate } from "../../src/optim/schedule.ts";

test("the learning rate rises linearly, then falls along a cosine to nearly 0 at the last step", () => {
  const options = { rate: 1, warmup: 4, decay: "cosine", steps: 104 } as const;
  const rates = Array.from({ length: 104 }, (_, i) => learningRate(options, i + 1));
  expect(rates.slice(0, 4)).toEqual([0.25, 0.5, 0.75, 1]);
  for (let i = 4; i < 104; i++) expect(rates[i]!).toBeLessThan(rates[i - 1]!);
  expect(rates[53]!).toBeCloseTo(0.5, 1);
  expect(rates[103]!).toBeGreaterThan(0);
  expect(rates[103]!).toBeLessThan(0.001);
});

test("with wsd it stays until the last fifth, then falls to nearly 0 at the last step", () => {
  const options = { rate: 2, warmup: 4, decay: "wsd", steps: 100 } as const;
  const rates = Array.from({ length: 100 }, (_, i) => learningRate(options, i + 1));
  expect(rates.slice(0, 4)).toEqual([0.5, 1, 1.5, 2]);
  expect(new Set(rates.slice(4, 80))).toEqual(new Set([2]));
  for (let i = 80; i < 100; i++) {
    expect(rates[i]!).toBeLessThan(rates[i - 1]!);
    expect(rates[i]!).toBeCloseTo(2 * (1 - Math.sqrt((i - 79) / 21)), 12);
  }
  expect(rates[99]!).toBeGreaterThan(0);
  expect(rates[99]!).toBeLessThan(0.05);
});

test("wsd with a warm-up into its last fifth falls from there", () => {
  const options = { rate: 1, warmup: 9, decay: "wsd", steps: 10 } as const;
  expect(learningRate(options, 9)).toBe(1);
  expect(learningRate(options, 10)).toBeCloseTo(1 - Math.sqrt(1 / 2), 12);
});

test("a factor multiplies it every step after the warm-up", () => {
  const options = { rate: 2, warmup: 0, decay: 0.5, steps: 3 };
  expect([1, 2, 3].map((step) => learningRate(options, step))).toEqual([1, 0.5, 0.25]);
});

test("the average of the weights forgets the first ones", () => {
  expect(averageDecay(0.999, 1)).toBeCloseTo(2 / 11);
  expect(averageDecay(0.999, 100_000)).toBe(0.999);
});
