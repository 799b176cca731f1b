import { input, matmul, transposeLastTwo } from "../graph/language.ts";
import { openForward } from "../programs/forward.ts";
import type { SessionOptions } from "../runtime/ort.ts";
import { throwIfAborted } from "./interruption.ts";

/** Points of a space, [count, length]: the features of pictures, or their levels. */
export interface Points {
  readonly values: Float32Array | Uint8Array;
  readonly count: number;
  readonly length: number;
}

/** Called for each row of a table, piece by piece: its numbers from column `first` on. They are overwritten later. */
export type VisitRow = (row: number, first: number, values: Float32Array) => void;

/** What all comparisons of sets of points are computed from. */
export interface DotProducts {
  /** Visits the dot product of each point of `a` (the rows) with each of `b` (the columns). */
  each(a: Points, b: Points, visit: VisitRow): Promise<void>;
  close(): Promise<void>;
}

const ROWS = 256;
const COLUMNS = 1024;

export interface DotProductOptions extends SessionOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens what multiplies points of so many numbers. Products of n x m points are n m numbers, more than memory holds:
 * they are computed in tiles, in float32. Products of whole numbers are exact up to 2^24; all others, as everything
 * here, are rounded to seven digits.
 *
 * @throws INTERRUPTED, also of what it opens, if the signal is aborted
 */
export async function openDotProducts(
  length: number,
  { signal, ...options }: DotProductOptions = {},
): Promise<DotProducts> {
  const [a, b] = [input("a", [ROWS, length]), input("b", [COLUMNS, length])];
  const graph = { parts: [], classes: undefined };
  const forward = await openForward(graph, [matmul(a, transposeLastTwo(b))], {}, options);
  const tile = (points: Points, first: number, rows: number) => {
    const values = new Float32Array(rows * length);
    values.set(points.values.subarray(first * length, Math.min(first + rows, points.count) * length));
    return values;
  };
  return {
    async each(left, right, visit) {
      for (let first = 0; first < right.count; first += COLUMNS) {
        const columns = tile(right, first, COLUMNS);
        const width = Math.min(COLUMNS, right.count - first);
        for (let top = 0; top < left.count; top += ROWS) {
          throwIfAborted(signal);
          const noise = { a: tile(left, top, ROWS), b: columns };
          const [products] = await forward.run(undefined, { noise });
          for (let row = 0; row < Math.min(ROWS, left.count - top); row++)
            visit(top + row, first, products!.subarray(row * COLUMNS, row * COLUMNS + width));
        }
      }
    },
    close: () => forward.close(),
  };
}

/** Visits the square of the distance of each point of `a` to each of `b`: |a|^2 + |b|^2 - 2 a.b. */
export async function eachSquaredDistance(
  products: DotProducts,
  a: Points,
  b: Points,
  visit: VisitRow,
): Promise<void> {
  const rows = squaredNorms(a);
  const columns = a === b ? rows : squaredNorms(b);
  await products.each(a, b, (row, first, values) => {
    const own = rows[row]!;
    // Rounding must not make it negative.
    for (let i = 0; i < values.length; i++)
      values[i] = Math.max(0, own + columns[first + i]! - 2 * values[i]!);
    visit(row, first, values);
  });
}

function squaredNorms({ values, count, length }: Points): Float64Array {
  const norms = new Float64Array(count);
  for (let i = 0, at = 0; i < count; i++)
    for (const end = at + length; at < end; at++) norms[i]! += values[at]! * values[at]!;
  return norms;
}

/** The first points. */
export const firstOf = ({ values, length, count }: Points, wanted: number): Points => ({
  values: values.subarray(0, Math.min(wanted, count) * length),
  count: Math.min(wanted, count),
  length,
});
