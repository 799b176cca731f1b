/** Whole numbers start .. end-1: pictures of a batch, or shares. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export const lengthOf = ({ start, end }: Range): number => end - start;

/** 0 .. count-1 in `wanted` ranges, at most one for each number, as equal as can be. */
export function divided(count: number, wanted: number): Range[] {
  const ranges = Math.min(count, wanted);
  const bound = (range: number) => Math.floor((range * count) / ranges);
  return Array.from({ length: ranges }, (_, range) => ({ start: bound(range), end: bound(range + 1) }));
}

/** Each number of a range alone. */
export const singles = ({ start, end }: Range): Range[] =>
  Array.from({ length: end - start }, (_, i) => ({ start: start + i, end: start + i + 1 }));

/*
 * Sums over shares are balanced binary trees: the sum over a range is that of its first half plus that of its second.
 * So the order in which numbers are rounded depends on the number of shares alone, and a process that computes some of
 * them can add up whole subtrees.
 */

const isWithin = (inner: Range, outer: Range) => outer.start <= inner.start && inner.end <= outer.end;

function halves({ start, end }: Range): [Range, Range] {
  const middle = Math.floor((start + end) / 2);
  return [
    { start, end: middle },
    { start: middle, end },
  ];
}

/** The sum over a range. `known` gives what need not be divided: at least each number alone. */
export function treeSum<Value>(
  range: Range,
  known: (range: Range) => Value | undefined,
  add: (first: Value, second: Value) => Value,
): Value {
  const value = known(range);
  if (value !== undefined) return value;
  const [first, second] = halves(range).map((half) => treeSum(half, known, add));
  return add(first!, second!);
}

/** The fewest subtrees of the sum over 0 .. count-1 that make up a range. */
export function subtreesOf(range: Range, count: number): Range[] {
  const within = (tree: Range): Range[] => {
    if (isWithin(tree, range)) return [tree];
    if (tree.end <= range.start || range.end <= tree.start) return [];
    return halves(tree).flatMap(within);
  };
  return within({ start: 0, end: count });
}
