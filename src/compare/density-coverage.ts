import { ballsAround } from "./neighbours.ts";
import { eachSquaredDistance, type DotProducts, type Points } from "./points.ts";

/** Neighbours that a ball reaches to: as M. F. Naeem et al. 2020 choose it. */
const NEIGHBOURS = 5;

/** The coverage of perfect samples, as many as real points (Naeem et al. 2020): 1 - 2^-k. */
export const IDEAL_COVERAGE = 1 - 2 ** -NEIGHBOURS;

/**
 * Density and coverage: M. F. Naeem et al. 2020, "Reliable fidelity and diversity metrics for generative models",
 * ICML 2020. Around each real point is a ball, which reaches to its k-th nearest real neighbour. Density is
 * the number of balls in which a generated point lies, divided by k, 1 on average for perfect samples; coverage the
 * share of balls in which a generated point lies.
 */
export async function densityAndCoverage(
  products: DotProducts,
  real: Points,
  generated: Points,
  k = NEIGHBOURS,
): Promise<{ readonly density: number; readonly coverage: number }> {
  const balls = await ballsAround(products, real, k);
  const isCovered = new Uint8Array(real.count);
  let inside = 0;
  await eachSquaredDistance(products, generated, real, (_, first, squared) => {
    for (let i = 0; i < squared.length; i++) {
      if (squared[i]! > balls[first + i]!) continue;
      inside++;
      isCovered[first + i] = 1;
    }
  });
  const covered = isCovered.reduce((sum, mark) => sum + mark, 0);
  return { density: inside / (k * generated.count), coverage: covered / real.count };
}
