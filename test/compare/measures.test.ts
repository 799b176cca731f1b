import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { densityAndCoverage, IDEAL_COVERAGE } from "../../src/compare/density-coverage.ts";
import { kernelDistance } from "../../src/compare/kernel-distance.ts";
import { neighboursOf } from "../../src/compare/neighbours.ts";
import { median, nearestTraining } from "../../src/compare/nearest-training.ts";
import { openDotProducts, type DotProducts } from "../../src/compare/points.ts";
import { precisionAndRecall } from "../../src/compare/precision-recall.ts";
import { twoSampleAccuracy } from "../../src/compare/two-sample.ts";
import { distance, normalPoints, pointsOf, rowsOf } from "./points.ts";

const open: DotProducts[] = [];
/** What multiplies points on a line, and such of 3 and of 64 numbers. */
let line: DotProducts, small: DotProducts, large: DotProducts;
beforeAll(async () => {
  open.push(...(await Promise.all([1, 3, 64].map((length) => openDotProducts(length, { threads: 1 })))));
  [line, small, large] = open as [DotProducts, DotProducts, DotProducts];
});
afterAll(() => Promise.all(open.map((one) => one.close())));

/** Sets that fill more than one tile, and none to its end. */
const REAL = normalPoints(1050, 3, 1);
const GENERATED = normalPoints(260, 3, 2, { centre: 0.5, deviation: 0.7 });

describe("agrees with brute force", () => {
  const [real, generated] = [rowsOf(REAL), rowsOf(GENERATED)];
  const sorted = (point: readonly number[], among: readonly (readonly number[])[]) =>
    among
      .filter((other) => other !== point)
      .map((other) => distance(point, other))
      .sort((a, b) => a - b);
  const radius = (points: typeof real, k: number) => points.map((point) => sorted(point, points)[k - 1]!);

  test("the nearest neighbours", async () => {
    const { squared, nearest } = await neighboursOf(small, GENERATED, REAL, 4);
    generated.forEach((point, i) => {
      const wanted = sorted(point, real).slice(0, 4);
      wanted.forEach((value, j) => expect(Math.sqrt(squared[i * 4 + j]!)).toBeCloseTo(value, 2));
      expect(distance(point, real[nearest[i]!]!)).toBeCloseTo(wanted[0]!, 5);
    });
    const { nearest: own } = await neighboursOf(small, GENERATED, GENERATED, 1);
    expect([...own].every((other, i) => other !== i && other >= 0)).toBe(true);
  });

  test("precision and recall", async () => {
    const [ofReal, ofGenerated] = [radius(real, 3), radius(generated, 3)];
    const isIn = (point: readonly number[], centres: typeof real, radii: readonly number[]) =>
      centres.some((centre, i) => distance(point, centre) <= radii[i]!);
    const { precision, recall } = await precisionAndRecall(small, REAL, GENERATED);
    expect(precision).toBeCloseTo(generated.filter((point) => isIn(point, real, ofReal)).length / 260, 2);
    expect(recall).toBeCloseTo(real.filter((point) => isIn(point, generated, ofGenerated)).length / 1050, 2);
  });

  test("density and coverage", async () => {
    const balls = radius(real, 5);
    const inside = real.map(
      (centre, i) => generated.filter((point) => distance(point, centre) <= balls[i]!).length,
    );
    const { density, coverage } = await densityAndCoverage(small, REAL, GENERATED);
    expect(density).toBeCloseTo(inside.reduce((sum, count) => sum + count, 0) / (5 * 260), 2);
    expect(coverage).toBeCloseTo(inside.filter((count) => count > 0).length / 1050, 2);
  });

  test("the kernel distance", async () => {
    const kernel = (a: readonly number[], b: readonly number[]) =>
      (a.reduce((sum, value, i) => sum + value * b[i]!, 0) / 3 + 1) ** 3;
    const mean = (as: typeof real, bs: typeof real) => {
      const pairs = as.flatMap((a) => bs.filter((b) => b !== a).map((b) => kernel(a, b)));
      return pairs.reduce((sum, value) => sum + value, 0) / pairs.length;
    };
    const wanted = mean(real, real) + mean(generated, generated) - 2 * mean(real, generated);
    expect(await kernelDistance(small, REAL, GENERATED)).toBeCloseTo(wanted, 4);
  });
});

describe("by hand, on a line", () => {
  // Balls around the real points, to the nearest neighbour: 0 +- 1, 1 +- 1, 3 +- 2.
  const real = pointsOf([0], [1], [3]);

  test("precision, recall, density and coverage", async () => {
    // Balls around the generated ones: 4 +- 6, 10 +- 6.
    const generated = pointsOf([4], [10]);
    expect(await precisionAndRecall(line, real, generated, 1)).toEqual({ precision: 0.5, recall: 1 });
    expect(await densityAndCoverage(line, real, generated, 1)).toEqual({ density: 0.5, coverage: 1 / 3 });
  });

  test("the kernel distance", async () => {
    // k(x, y) = (x y + 1)^3: within {0, 1} 1, within {0, 2} 1, between them (1 + 1 + 1 + 27) / 4.
    expect(await kernelDistance(line, pointsOf([0], [1]), pointsOf([0], [2]))).toBe(1 + 1 - 15);
  });

  test("the two-sample test", async () => {
    // Nearest to 0: 1; to 1: 0; to 3: 4 (other kind); to 4: 3 (other kind); to 10: 4.
    expect(await twoSampleAccuracy(line, real, pointsOf([4], [10]))).toBe(3 / 5);
    // A copy of the other set lies at distance 0, on both sides.
    expect(await twoSampleAccuracy(line, real, pointsOf([0], [1], [3]))).toBe(0);
    // 1 has neighbours of both kinds at distance 1: half of it is right, as of 2 and of 3; 0 is right.
    expect(await twoSampleAccuracy(line, pointsOf([0], [1]), pointsOf([2], [3]))).toBe(3 / 4);
  });
});

describe("of two sets of the same distribution", () => {
  const [one, other] = [normalPoints(1000, 64, 3), normalPoints(1000, 64, 4)];

  test("density is 1 and coverage 1 - 2^-5", async () => {
    const { density, coverage } = await densityAndCoverage(large, one, other);
    expect(IDEAL_COVERAGE).toBe(31 / 32);
    expect(Math.abs(density - 1)).toBeLessThan(0.1);
    expect(Math.abs(coverage - IDEAL_COVERAGE)).toBeLessThan(0.02);
  });

  test("the two-sample test is at chance, and at 1 if they lie apart", async () => {
    expect(Math.abs((await twoSampleAccuracy(large, one, other)) - 0.5)).toBeLessThan(0.04);
    const apart = normalPoints(300, 64, 5, { centre: 3 });
    expect(await twoSampleAccuracy(large, normalPoints(300, 64, 6), apart)).toBe(1);
    const { precision, recall } = await precisionAndRecall(large, normalPoints(300, 64, 6), apart);
    expect([precision, recall]).toEqual([0, 0]);
  });

  test("the kernel distance is 0 on average, on either side of it", async () => {
    const found: number[] = [];
    for (let seed = 0; seed < 12; seed++)
      found.push(
        await kernelDistance(large, normalPoints(200, 64, 2 * seed), normalPoints(200, 64, 2 * seed + 1)),
      );
    const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
    const deviation = Math.sqrt(found.reduce((sum, value) => sum + (value - mean) ** 2, 0) / found.length);
    expect(Math.abs(mean)).toBeLessThan((3 * deviation) / Math.sqrt(found.length));
    expect(Math.min(...found)).toBeLessThan(0);
    expect(Math.max(...found)).toBeGreaterThan(0);
    const moved = normalPoints(200, 64, 99, { centre: 0.3 });
    expect(await kernelDistance(large, normalPoints(200, 64, 0), moved)).toBeGreaterThan(10 * deviation);
  });
});

test("the nearest training picture, by levels, its distance exact", async () => {
  const bytes = (...rows: number[][]) => ({
    values: Uint8Array.from(rows.flat()),
    count: rows.length,
    length: 3,
  });
  const training = bytes([0, 0, 0], [255, 255, 255], [100, 50, 0]);
  const found = await nearestTraining(small, bytes([100, 50, 3], [250, 255, 255], [0, 0, 0]), training, 256);
  expect([...found.nearest]).toEqual([2, 1, 0]);
  expect([...found.distances]).toEqual([Math.sqrt(3) / 255, Math.sqrt(25 / 3) / 255, 0]);
});

test("the median of odd and even numbers of values", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([7])).toBe(7);
});
