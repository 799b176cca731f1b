import type { PictureSize } from "../data/dataset.ts";

/** The constants of the paper, for values from 0 to 255. */
const [C1, C2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
const WINDOW = 11;
const SIGMA = 1.5;

/**
 * The structural similarity of two pictures of 8-bit values, [channels, rows, cols]: 1 if they are equal (Z. Wang,
 * A. Bovik, H. Sheikh, E. Simoncelli 2004, equation 13). Local means, variances and covariances are weighted by a
 * normal distribution of 11 x 11 pixels, or as many as fit; the result is the mean over all windows inside the picture
 * and over channels.
 */
export function ssim(a: Uint8Array, b: Uint8Array, { channels, rows, cols }: PictureSize): number {
  const area = rows * cols;
  let total = 0;
  for (let channel = 0; channel < channels; channel++) {
    const part = (all: Uint8Array) => new Float64Array(all.subarray(channel * area, (channel + 1) * area));
    total += similarity(part(a), part(b), rows, cols);
  }
  return total / channels;
}

function similarity(a: Float64Array, b: Float64Array, rows: number, cols: number): number {
  const local = (values: Float64Array) => weightedMeans(values, rows, cols);
  const product = (x: Float64Array, y: Float64Array) => x.map((value, i) => value * y[i]!);
  const [meanA, meanB] = [local(a), local(b)];
  const [squareA, squareB, both] = [local(product(a, a)), local(product(b, b)), local(product(a, b))];
  let total = 0;
  for (let i = 0; i < meanA.length; i++) {
    const [x, y] = [meanA[i]!, meanB[i]!];
    const [varianceA, varianceB] = [squareA[i]! - x * x, squareB[i]! - y * y];
    const covariance = both[i]! - x * y;
    total +=
      ((2 * x * y + C1) * (2 * covariance + C2)) / ((x * x + y * y + C1) * (varianceA + varianceB + C2));
  }
  return total / meanA.length;
}

/** The weighted mean around every place where the window fits, first along rows, then along columns. */
function weightedMeans(values: Float64Array, rows: number, cols: number): Float64Array {
  const across = weights(cols);
  const down = weights(rows);
  const width = cols - across.length + 1;
  const narrow = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < width; col++)
      across.forEach((weight, k) => (narrow[row * width + col]! += weight * values[row * cols + col + k]!));
  const means = new Float64Array((rows - down.length + 1) * width);
  for (let i = 0; i < means.length; i++)
    down.forEach((weight, k) => (means[i]! += weight * narrow[i + k * width]!));
  return means;
}

/** A normal distribution over as many places as a window has, or an odd number of them that fits. */
function weights(extent: number): number[] {
  const length = Math.min(WINDOW, extent - (1 - (extent % 2)));
  const all = Array.from({ length }, (_, i) => Math.exp(-((i - (length - 1) / 2) ** 2) / (2 * SIGMA ** 2)));
  const total = all.reduce((sum, weight) => sum + weight, 0);
  return all.map((weight) => weight / total);
}
