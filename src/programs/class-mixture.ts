import { pictureLength, type PictureSize } from "../data/dataset.ts";

/** The likelihood of pictures whose classes are not given. */
export interface ClassMixture {
  /** -log p of every sub-pixel given those before it, in nats, [pictures, channels, rows, cols]. */
  readonly perSubPixel: Float32Array;
  /** Probability of each class given the whole picture, for each picture. */
  readonly posteriors: readonly Float64Array[];
}

/**
 * Sums the class out: p(x) = sum over k of p(k) p(x | k). `perClass` is -log p of every sub-pixel given class k, in
 * nats, [pictures, channels, rows, cols], and `logPrior` is log p(k). Bayes' rule is applied at every sub-pixel, in
 * raster order: p(x_i | x_<i) = sum over k of p(k | x_<i) p(x_i | x_<i, k). The product of these is p(x), and after the
 * last sub-pixel p(k | x) is left.
 */
export function classMixture(
  perClass: readonly Float32Array[],
  logPrior: Float64Array,
  size: PictureSize,
): ClassMixture {
  const length = pictureLength(size);
  const pixels = size.rows * size.cols;
  const perSubPixel = new Float32Array(perClass[0]!.length);
  const posteriors: Float64Array[] = [];
  for (let start = 0; start < perSubPixel.length; start += length) {
    // log p(k | x_<i)
    const beliefs = logPrior.slice();
    for (let pixel = 0; pixel < pixels; pixel++)
      for (let channel = 0; channel < size.channels; channel++) {
        const i = start + channel * pixels + pixel;
        perClass.forEach((nats, k) => (beliefs[k]! -= nats[i]!));
        const logProbability = logSumExp(beliefs);
        perSubPixel[i] = -logProbability;
        for (let k = 0; k < beliefs.length; k++) beliefs[k]! -= logProbability;
      }
    posteriors.push(beliefs.map(Math.exp));
  }
  return { perSubPixel, posteriors };
}

function logSumExp(values: Float64Array): number {
  const largest = values.reduce((a, b) => Math.max(a, b));
  return largest + Math.log(values.reduce((total, value) => total + Math.exp(value - largest), 0));
}
