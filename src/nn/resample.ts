import { broadcast, mul, reshape, sum } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";

/** Each pixel as a square of 2 x 2: [.., rows, cols] -> [.., 2 rows, 2 cols]. */
export function upsample(x: Node): Node {
  const [batch, channels, rows, cols] = x.shape as [number, number, number, number];
  const pixels = reshape(x, [batch, channels, rows, 1, cols, 1]);
  const squares = broadcast(pixels, [batch, channels, rows, 2, cols, 2]);
  return reshape(squares, [batch, channels, 2 * rows, 2 * cols]);
}

/** The mean of each square of 2 x 2 pixels, of an even number of rows and columns: [.., rows, cols] -> [.., rows / 2, cols / 2]. */
export function averagePool(x: Node): Node {
  const [batch, channels, rows, cols] = x.shape as [number, number, number, number];
  const squares = reshape(x, [batch, channels, rows / 2, 2, cols / 2, 2]);
  return reshape(mul(sum(squares, [3, 5]), 1 / 4), [batch, channels, rows / 2, cols / 2]);
}
