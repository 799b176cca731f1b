import type { DotProducts, Points } from "./points.ts";

/**
 * The square of the maximum mean discrepancy with the kernel k(x, y) = (x.y / d + 1)^3, d the length of a point:
 * M. Bińkowski et al. 2018, "Demystifying MMD GANs" (there, in features of Inception, it is the KID). The
 * estimate is unbiased, that of A. Gretton et al. 2012, lemma 6: for two sets of the same distribution it is 0 on
 * average, and so below 0 about half of the time.
 */
export async function kernelDistance(
  products: DotProducts,
  real: Points,
  generated: Points,
): Promise<number> {
  const within = async (points: Points) =>
    (await kernelSum(products, points, points)) / (points.count * (points.count - 1));
  const between = (await kernelSum(products, real, generated)) / (real.count * generated.count);
  return (await within(real)) + (await within(generated)) - 2 * between;
}

/** The sum of the kernel over all pairs; within one set, over those of two different points. */
async function kernelSum(products: DotProducts, a: Points, b: Points): Promise<number> {
  let total = 0;
  await products.each(a, b, (row, first, values) => {
    for (let i = 0; i < values.length; i++)
      if (a !== b || first + i !== row) total += (values[i]! / a.length + 1) ** 3;
  });
  return total;
}
