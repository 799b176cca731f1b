import { neighboursOf } from "./neighbours.ts";
import type { DotProducts, Points } from "./points.ts";

/**
 * How often it is told right whether a point is real or generated, if it is taken for what its nearest neighbour among
 * all others is: D. Lopez-Paz, M. Oquab 2017, "Revisiting classifier two-sample tests", as Q. Xu et al. 2018, "An
 * empirical study on evaluation metrics of generative adversarial networks", use it. From 0 to 1; of two sets of as
 * many points, 1/2 if they are of one distribution, 1 if they lie apart, and below 1/2 if one copies the other. A
 * point with a neighbour of each kind at the same distance counts as half.
 */
export async function twoSampleAccuracy(
  products: DotProducts,
  real: Points,
  generated: Points,
): Promise<number> {
  const rightOf = async (points: Points, others: Points) => {
    const { squared: own } = await neighboursOf(products, points, points, 1);
    const { squared: other } = await neighboursOf(products, points, others, 1);
    return own.reduce(
      (sum, distance, i) => sum + (distance < other[i]! ? 1 : distance === other[i]! ? 1 / 2 : 0),
      0,
    );
  };
  const right = (await rightOf(real, generated)) + (await rightOf(generated, real));
  return right / (real.count + generated.count);
}
