import { analyseCausality } from "./causality.ts";
import type { Node } from "./node.ts";

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
}

/** The receptive field of `logits`, in a picture as large as `picture`, or undefined if nothing is seen. */
export function receptiveField(logits: Node, picture: Node): ReceptiveField | undefined {
  const { reach, offsets } = analyseCausality([logits], picture);
  const keys = new Set<string>();
  let [above, left, right] = [0, 0, 0];
  // Channels that depend on the same share one set.
  for (const channel of new Set(reach(logits))) {
    if (channel === "none" || channel === "all") continue;
    for (const { rows, cols } of offsets.list(channel)) {
      if (rows === 0 && cols === 0) continue;
      keys.add(`${rows} ${cols}`);
      above = Math.max(above, -rows);
      left = Math.max(left, -cols);
      right = Math.max(right, cols);
    }
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
