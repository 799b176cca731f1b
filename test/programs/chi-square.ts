/**
 * How far counts are from those that probabilities lead one to expect, as a nearly normal number: beyond 3.09 once in a
 * thousand times. Classes expected fewer than five times are pooled, as the test requires.
 */
export function chiSquareDeviate(
  probabilities: readonly number[],
  counts: ArrayLike<number>,
): { deviate: number; classes: number } {
  const total = Array.from(counts).reduce((sum, count) => sum + count, 0);
  let [statistic, classes, pooledWanted, pooledFound] = [0, 0, 0, 0];
  probabilities.forEach((probability, i) => {
    const wanted = probability * total;
    if (wanted < 5) {
      pooledWanted += wanted;
      pooledFound += counts[i]!;
      return;
    }
    statistic += (counts[i]! - wanted) ** 2 / wanted;
    classes++;
  });
  if (pooledWanted > 0) {
    statistic += (pooledFound - pooledWanted) ** 2 / pooledWanted;
    classes++;
  }
  // Wilson-Hilferty: the cube root of chi-square / df is nearly normal.
  const df = classes - 1;
  const deviate = (Math.cbrt(statistic / df) - (1 - 2 / (9 * df))) / Math.sqrt(2 / (9 * df));
  return { deviate, classes };
}
