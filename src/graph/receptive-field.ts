import { analyseCausality } from "./causality.ts";
import type { Stride } from "./lattice.ts";
import type { Node } from "./node.ts";
import type { Offset, Position } from "./offsets.ts";

/** Which earlier pixels the prediction of a pixel can depend on, and which it cannot. */
export interface ReceptiveField {
  /** Rows above, and columns to the left and right, that the field extends to. */
  readonly above: number;
  readonly left: number;
  readonly right: number;
  /** Earlier pixels that are seen. */
  readonly pixels: number;
  /** Earlier pixels within the field's extent that are not seen. */
  readonly blindPixels: number;
  /** A line per row, oldest first: `#` seen, `.` not seen though earlier (the blind spot), `@` the pixel itself. */
  readonly drawing: string;
  /**
   * Where fields are of smaller sizes, a pixel's field depends on where it is: the fields of all pixels together are
   * those of `period` rows and columns of them.
   */
  readonly period: Stride;
  /** Of the pixels of one period, the one that has this field. */
  readonly pixel: Position;
}

/**
 * The receptive field of `logits`, in a picture as large as `picture`, or undefined if nothing is seen: that of the
 * pixels at `pixel` and, in both directions, so many periods from there; or of those that see most.
 */
export function receptiveField(logits: Node, picture: Node, pixel?: Position): ReceptiveField | undefined {
  const { reach, offsets } = analyseCausality([logits], picture);
  // Channels that depend on the same share one set.
  const sets = [...new Set(reach(logits))].filter((channel) => typeof channel === "object");
  const last = offsets.phases.at(-1)!;
  const period: Stride = [last.row + 1, last.col + 1];
  const fields = (pixel ? [pixel] : offsets.phases).flatMap((at) => {
    const extent = fieldOf(sets.flatMap((set) => offsets.list(set, at)));
    return extent ? [{ ...extent, period, pixel: at }] : [];
  });
  return fields.toSorted((a, b) => b.pixels - a.pixels)[0];
}

function fieldOf(seen: readonly Offset[]): Omit<ReceptiveField, "period" | "pixel"> | undefined {
  const keys = new Set<string>();
  let [above, left, right] = [0, 0, 0];
  for (const { rows, cols } of seen) {
    if (rows === 0 && cols === 0) continue;
    keys.add(`${rows} ${cols}`);
    above = Math.max(above, -rows);
    left = Math.max(left, -cols);
    right = Math.max(right, cols);
  }
  if (keys.size === 0) return undefined;

  const lines: string[] = [];
  for (let rows = -above; rows <= 0; rows++) {
    let line = "";
    for (let cols = -left; cols <= (rows === 0 ? 0 : right); cols++) {
      line += rows === 0 && cols === 0 ? "@" : keys.has(`${rows} ${cols}`) ? "#" : ".";
    }
    lines.push(line);
  }
  const drawing = lines.join("\n");
  return { above, left, right, pixels: keys.size, blindPixels: drawing.split(".").length - 1, drawing };
}
