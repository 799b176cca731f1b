import { neighboursOf } from "./neighbours.ts";
import type { DotProducts, Points } from "./points.ts";

/** The nearest training picture of each of some pictures. */
export interface NearestTraining {
  /** Its number. */
  readonly nearest: Int32Array;
  /** Root of the mean squared difference of the levels, scaled to 0 .. 1. */
  readonly distances: Float64Array;
}

/**
 * The nearest training picture of each picture, by the levels of all sub-pixels. It is found in float32, which may take
 * one of several that are equally far to seven digits; its distance is then computed exactly.
 */
export async function nearestTraining(
  products: DotProducts,
  pictures: Points,
  training: Points,
  levels: number,
): Promise<NearestTraining> {
  const { nearest } = await neighboursOf(products, pictures, training, 1);
  const { length } = pictures;
  const distances = Float64Array.from(nearest, (other, i) => {
    let squares = 0;
    for (let j = 0; j < length; j++)
      squares += (pictures.values[i * length + j]! - training.values[other * length + j]!) ** 2;
    return Math.sqrt(squares / length) / (levels - 1);
  });
  return { nearest, distances };
}

/** The value in the middle, or the mean of the two in the middle. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}
