/** Pictures start .. end-1 of a batch. */
export interface Share {
  readonly start: number;
  readonly end: number;
}

/** A batch in `wanted` shares, at most one for each picture, as equal as can be. */
export function sharesOf(batch: number, wanted: number): Share[] {
  const count = Math.min(batch, wanted);
  const bound = (share: number) => Math.floor((share * batch) / count);
  return Array.from({ length: count }, (_, share) => ({ start: bound(share), end: bound(share + 1) }));
}

/** How much of the batch each share is. */
export const weightsOf = (shares: readonly Share[], batch: number): number[] =>
  shares.map(({ start, end }) => (end - start) / batch);
