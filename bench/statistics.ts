/** The middle value, or the mean of the two middle ones; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

/** The value below which a share of sorted values lies. */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.floor(share * (sorted.length - 1))]!;

/** a[round] / b[round] of every round: what the machine did in a round cancels out. */
export const ratios = (a: readonly number[], b: readonly number[]): number[] =>
  a.map((value, round) => value / b[round]!);

/** "1.20x (1.15x to 1.26x)", or with another unit: the median, the lowest and the highest. */
export function spread(values: readonly number[], digits = 2, unit = "x"): string {
  const shown = (value: number) => `${value.toFixed(digits)}${unit}`;
  return `${shown(median(values))} (${shown(Math.min(...values))} to ${shown(Math.max(...values))})`;
}
