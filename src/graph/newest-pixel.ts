import { rasterOrder, type Offset } from "./offsets.ts";
import type { Node } from "./node.ts";
import { readsOf, type Reads } from "./reads.ts";
import { interpret } from "./recurrence.ts";

/**
 * A bound on what a channel depends on: on no sub-pixel later than this offset; or on none at all; or possibly on
 * any.
 */
type Newest = "none" | "any" | Offset;

/**
 * Whether every channel of `logits` certainly depends only on sub-pixels before the one that it predicts;
 * `predicts(c)` is the picture's channel that channel c of the logits predicts. Only one bound is kept for each
 * channel, so that a large picture takes no more memory than a small one. False is no proof of the contrary: a
 * network may still be causal because what it reads lies outside every picture.
 */
export function isSurelyCausal(
  logits: Node,
  picture: Node,
  predicts: (logitsChannel: number) => number,
): boolean {
  const bounds = boundsWithin(picture);
  const itself = Array.from({ length: picture.shape[1]! }, (_, channel) =>
    bounds({ channel, rows: 0, cols: 0 }),
  );
  const table = interpret<readonly Newest[]>([logits], {
    start: (state) => (state === picture ? itself : ["none"]),
    compute(node, newestOf) {
      if (node === picture) return itself;
      const inputs = node.inputs.map(newestOf);
      const isFixed = (input: number) => inputs[input]!.every((newest) => newest === "none");
      if (inputs.every((_, input) => isFixed(input))) return ["none"];
      const found = new Map<Reads, Newest>();
      return (
        readsOf(node, inputs, picture, isFixed)?.map((reads) => {
          const newest = found.get(reads) ?? newestOfReads(reads, inputs, bounds);
          found.set(reads, newest);
          return newest;
        }) ?? ["any"]
      );
    },
    isSame: (a, b) => a.length === b.length && a.every((newest, channel) => newest === b[channel]),
  });
  const newest = table.get(logits)!;
  return Array.from({ length: logits.shape[1]! }, (_, channel) => newestAt(newest, channel)).every(
    (seen, channel) =>
      seen === "none" ||
      (seen !== "any" && rasterOrder(seen, { rows: 0, cols: 0, channel: predicts(channel) }) < 0),
  );
}

const newestAt = (newest: readonly Newest[], channel: number): Newest =>
  newest.length === 1 ? newest[0]! : newest[channel]!;

/** Moving all offsets by the same amount keeps their raster order: the newest offset stays the newest. */
function newestOfReads(
  reads: Reads,
  inputs: readonly (readonly Newest[])[],
  bounds: (offset: Offset) => Newest,
): Newest {
  let last: Newest = "none";
  for (const { input, channel, rows, cols } of reads) {
    const newest = newestAt(inputs[input]!, channel);
    if (newest === "any") return "any";
    if (newest === "none") continue;
    const moved = bounds({ channel: newest.channel, rows: newest.rows + rows, cols: newest.cols + cols });
    if (moved !== "none" && moved !== "any" && (last === "none" || rasterOrder(moved, last) > 0))
      last = moved;
  }
  return last;
}

/** Lowers a bound to the last offset that lies within some picture: no offset is beyond the columns of its row. */
function boundsWithin({ shape }: Node): (offset: Offset) => Newest {
  const [, channels, rows, cols] = shape as [number, number, number, number];
  const known = new Map<string, Offset>();
  const endOfRow = (row: number): Offset => ({ rows: row, cols: cols - 1, channel: channels - 1 });
  return (offset) => {
    const within =
      offset.rows >= rows
        ? endOfRow(rows - 1)
        : offset.cols >= cols
          ? endOfRow(offset.rows)
          : offset.cols <= -cols
            ? endOfRow(offset.rows - 1)
            : offset;
    if (within.rows <= -rows) return "none";
    // Equal bounds are one object: `readsOf` compares what is known of channels by identity.
    const key = `${within.rows} ${within.cols} ${within.channel}`;
    const one = known.get(key) ?? within;
    known.set(key, one);
    return one;
  };
}
