// Of the classes that pictures are of, or the modes of a distribution.

/** How often each class was seen. */
export function histogram(labels: ArrayLike<number>, classes: number): number[] {
  const counts = Array.from({ length: classes }, () => 0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]!]!++;
  return counts;
}

/** The share of each. */
export function sharesOf(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / total);
}

/**
 * KL(generated || data) in nats, the generated shares as they were counted: T. Che et al. 2017 and L. Metz et al. 2017
 * measure so what a GAN leaves out. Infinite if a class was generated that the data do not have.
 */
export function klToData(generated: readonly number[], data: readonly number[]): number {
  return sharesOf(generated).reduce(
    (sum, share, label) => (share === 0 ? sum : sum + share * Math.log(share / data[label]!)),
    0,
  );
}

/**
 * What `klToData` is on average for so many samples that are drawn from the data: (classes - 1) / (2 samples), the
 * first term of its expansion (G. Miller 1955, "Note on the bias of information estimates"), good from about five
 * samples a class on.
 */
export const klFloor = (data: readonly number[], samples: number): number =>
  (occurring(data) - 1) / (2 * samples);

/** How many of the classes of the data were generated. */
export const covered = (generated: readonly number[], data: readonly number[]): number =>
  generated.filter((count, label) => count > 0 && data[label]! > 0).length;

/** How many of them so many samples cover on average that are drawn from the data. */
export const expectedCovered = (data: readonly number[], samples: number): number =>
  data.reduce((sum, share) => sum + 1 - (1 - share) ** samples, 0);

/** How many classes the data have pictures of. */
export const occurring = (data: readonly number[]): number => data.filter((share) => share > 0).length;
