import { expect, test } from "vitest";
import { philox4x32, seedKey, uniform } from "../../src/basics/philox.ts";
import { shareOfDuplicates } from "../../src/compare/duplicates.ts";
import {
  covered,
  expectedCovered,
  histogram,
  klFloor,
  klToData,
  sharesOf,
} from "../../src/compare/histogram.ts";

/** Classes drawn at random, all of them equally likely. */
const drawn = (count: number, classes: number, seed: number) =>
  Array.from({ length: count }, (_, i) =>
    Math.floor(classes * uniform(philox4x32([i, 0, 0, 98], seedKey(seed))[0])),
  );
const even = (classes: number) => Array.from({ length: classes }, () => 1 / classes);

test("the KL divergence of a histogram, by hand", () => {
  expect(histogram([0, 2, 2, 0, 2], 4)).toEqual([2, 0, 3, 0]);
  expect(sharesOf([1, 0, 3])).toEqual([0.25, 0, 0.75]);
  expect(klToData([5, 5], [0.5, 0.5])).toBe(0);
  expect(klToData([4, 0], [0.5, 0.5])).toBeCloseTo(Math.log(2), 12);
  expect(klToData([1, 3], [0.5, 0.5])).toBeCloseTo(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5), 12);
  expect(klToData([1, 1], [1, 0])).toBe(Number.POSITIVE_INFINITY);
});

test("its floor is what perfect samples give", () => {
  expect(klFloor(even(1000), 26_000)).toBeCloseTo(0.0192, 4);
  const found = klToData(histogram(drawn(26_000, 1000, 1), 1000), even(1000));
  expect(Math.abs(found - klFloor(even(1000), 26_000))).toBeLessThan(0.002);
  // Classes that the data do not have do not count.
  expect(klFloor([0.5, 0.5, 0], 100)).toBe(1 / 200);
});

test("the modes that are covered, and how many perfect samples would cover", () => {
  expect(covered([3, 0, 1, 2], [0.5, 0.25, 0.25, 0])).toBe(2);
  expect(expectedCovered([0.5, 0.5], 1)).toBe(1);
  expect(expectedCovered([0.5, 0.5], 2)).toBe(1.5);
  const found = covered(histogram(drawn(2000, 1000, 2), 1000), even(1000));
  expect(Math.abs(found - expectedCovered(even(1000), 2000))).toBeLessThan(30);
});

test("the share of duplicates", () => {
  expect(shareOfDuplicates(Uint8Array.of(1, 2, 3, 4, 1, 2, 1, 2), 2)).toBe(0.5);
  expect(shareOfDuplicates(Uint8Array.of(0, 200, 200, 0), 2)).toBe(0);
});
