import { normalQuantile } from "../../src/basics/normal.ts";
import { philox4x32, seedKey, uniform } from "../../src/basics/philox.ts";
import type { Points } from "../../src/compare/points.ts";

/** Points from a normal distribution around a centre, with the same numbers for the same seed. */
export function normalPoints(
  count: number,
  length: number,
  seed: number,
  { centre = 0, deviation = 1 } = {},
): Points {
  const key = seedKey(seed);
  const number = (i: number) => normalQuantile(uniform(philox4x32([i, 0, 0, 99], key)[0]));
  const values = Float32Array.from({ length: count * length }, (_, i) => centre + deviation * number(i));
  return { values, count, length };
}

export const pointsOf = (...rows: readonly (readonly number[])[]): Points => ({
  values: Float32Array.from(rows.flat()),
  count: rows.length,
  length: rows[0]!.length,
});

export const rowsOf = ({ values, count, length }: Points): number[][] =>
  Array.from({ length: count }, (_, i) => [...values.subarray(i * length, (i + 1) * length)]);

export const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0));
