import { analyseCausality } from "./causality.ts";
import type { Node } from "./node.ts";
import type { Position } from "./offsets.ts";

/**
 * For any pixel of a picture, which other pixels its prediction can depend on: 1 for those, 0 for others, [rows, cols].
 * It is the receptive field of that very pixel, in a picture as large as `picture`.
 */
export function seenPixels(logits: Node, picture: Node): (at: Position) => Uint8Array {
  const [, , rows, cols] = picture.shape as [number, number, number, number];
  const { reach, offsets } = analyseCausality([logits], picture, { isByChannel: false });
  const sets = [...new Set(reach(logits))].filter((channel) => typeof channel === "object");
  return (at) => {
    const seen = new Uint8Array(rows * cols);
    for (const offset of sets.flatMap((set) => offsets.list(set, at))) {
      const [row, col] = [at.row + offset.rows, at.col + offset.cols];
      if (row < 0 || col < 0 || row >= rows || col >= cols) continue;
      // The pixel itself is not another one, though its first colours may be seen when a later one is predicted.
      if (row !== at.row || col !== at.col) seen[row * cols + col] = 1;
    }
    return seen;
  };
}
