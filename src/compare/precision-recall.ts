import { ballsAround } from "./neighbours.ts";
import { eachSquaredDistance, type DotProducts, type Points } from "./points.ts";

/**
 * Improved precision and recall: T. Kynkäänniemi et al. 2019, "Improved precision and recall metric for assessing
 * generative models", equations 1 and 2. Precision is the share of generated points that lie in a ball around a real
 * one, which reaches to its k-th nearest real neighbour (k = 3, as there); recall the share of real points that lie in
 * such a ball around a generated one.
 */
export async function precisionAndRecall(
  products: DotProducts,
  real: Points,
  generated: Points,
  k = 3,
): Promise<{ readonly precision: number; readonly recall: number }> {
  const ofReal = await ballsAround(products, real, k);
  const ofGenerated = await ballsAround(products, generated, k);
  const isPrecise = new Uint8Array(generated.count);
  const isRecalled = new Uint8Array(real.count);
  await eachSquaredDistance(products, generated, real, (row, first, squared) => {
    const radius = ofGenerated[row]!;
    for (let i = 0; i < squared.length; i++) {
      if (squared[i]! <= ofReal[first + i]!) isPrecise[row] = 1;
      if (squared[i]! <= radius) isRecalled[first + i] = 1;
    }
  });
  return { precision: shareOf(isPrecise), recall: shareOf(isRecalled) };
}

const shareOf = (marks: Uint8Array): number => marks.reduce((sum, mark) => sum + mark, 0) / marks.length;
