import { eachSquaredDistance, type DotProducts, type Points } from "./points.ts";

/** The nearest points of each point. */
export interface Neighbours {
  /** The squares of the distances to the k nearest ones, ascending, [count, k]; infinite if there are fewer. */
  readonly squared: Float32Array;
  /** The number of the nearest one. */
  readonly nearest: Int32Array;
}

/** The k nearest points among `others` of each of `points`. If both are the same set, no point is its own neighbour. */
export async function neighboursOf(
  products: DotProducts,
  points: Points,
  others: Points,
  k: number,
): Promise<Neighbours> {
  const squared = new Float32Array(points.count * k).fill(Number.POSITIVE_INFINITY);
  const nearest = new Int32Array(points.count).fill(-1);
  await eachSquaredDistance(products, points, others, (row, first, distances) => {
    const start = row * k;
    const last = start + k - 1;
    for (let i = 0; i < distances.length; i++) {
      const distance = distances[i]!;
      if (distance >= squared[last]! || (points === others && first + i === row)) continue;
      let at = last;
      for (; at > start && squared[at - 1]! > distance; at--) squared[at] = squared[at - 1]!;
      squared[at] = distance;
      if (at === start) nearest[row] = first + i;
    }
  });
  return { squared, nearest };
}

/** The square of the radius of a ball around each point that reaches to its k-th nearest neighbour in the set. */
export async function ballsAround(products: DotProducts, points: Points, k: number): Promise<Float32Array> {
  const { squared } = await neighboursOf(products, points, points, k);
  return Float32Array.from({ length: points.count }, (_, i) => squared[i * k + k - 1]!);
}
