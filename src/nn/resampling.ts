import { broadcast, mul, reshape, slice, sum, transpose } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import { AROUND, biasedConv } from "./biased-conv.ts";
import { GAIN_AFTER_ELU } from "./nonlinearity.ts";
import type { Scope } from "./scope.ts";

/** Half of so many rows or columns, rounded up. */
const half = (length: number): number => Math.ceil(length / 2);

/** The rows and columns of a picture, and of each field that is half as large as the one before. */
export function extentsOf(
  extent: readonly [number, number],
  halvings: number,
): (readonly [number, number])[] {
  const all = [extent];
  for (let i = 0; i < halvings; i++) all.push([half(all[i]![0]), half(all[i]![1])]);
  return all;
}

/** To half the rows and columns, by a convolution: [.., rows, cols] -> [.., outputs, half(rows), half(cols)]. */
export const downsample = (scope: Scope, x: Node, outputs: number, gain?: number): Node =>
  biasedConv(scope, x, outputs, [3, 3], { pad: AROUND, stride: [2, 2], ...(gain && { gain }) });

/**
 * To twice the rows and columns or one less, by a convolution that gives each position the features of four, which
 * then take their places (W. Shi et al. 2016, sub-pixel convolution): no kernel overlaps another, and no
 * checkerboard comes in.
 */
export function upsample(
  scope: Scope,
  x: Node,
  outputs: number,
  [rows, cols]: readonly [number, number],
): Node {
  const spread = biasedConv(scope, x, 4 * outputs, [3, 3], { pad: AROUND, gain: GAIN_AFTER_ELU });
  return named(slice(slice(depthToSpace(spread), 2, 0, rows), 3, 0, cols), scope.path);
}

// Two transpositions, in this order, take a third to a half as long in ONNX Runtime as one of all axes.

/** [batch, 4 maps, rows, cols] -> [batch, maps, 2 rows, 2 cols] */
function depthToSpace(x: Node): Node {
  const [batch, maps, rows, cols] = x.shape as [number, number, number, number];
  const columns = transpose(reshape(x, [(batch * maps) / 2, 2, rows * cols]), [0, 2, 1]);
  const lines = transpose(reshape(columns, [(batch * maps) / 4, 2, rows, 2 * cols]), [0, 2, 1, 3]);
  return reshape(lines, [batch, maps / 4, 2 * rows, 2 * cols]);
}

/** [batch, maps, 2 rows, 2 cols] -> [batch, 4 maps, rows, cols], which `depthToSpace` turns back. */
export function spaceToDepth(x: Node): Node {
  const [batch, maps, rows, cols] = x.shape as [number, number, number, number];
  const lines = transpose(reshape(x, [batch * maps, rows / 2, 2, cols]), [0, 2, 1, 3]);
  const columns = transpose(reshape(lines, [batch * maps * 2, (rows * cols) / 4, 2]), [0, 2, 1]);
  return reshape(columns, [batch, 4 * maps, rows / 2, cols / 2]);
}

/** Each pixel as a square of 2 x 2: [.., rows, cols] -> [.., 2 rows, 2 cols]. */
export function repeatPixels(x: Node): Node {
  const [batch, channels, rows, cols] = x.shape as [number, number, number, number];
  const pixels = reshape(x, [batch, channels, rows, 1, cols, 1]);
  const squares = broadcast(pixels, [batch, channels, rows, 2, cols, 2]);
  return reshape(squares, [batch, channels, 2 * rows, 2 * cols]);
}

/**
 * The mean of each square of 2 x 2 pixels, of an even number of rows and columns: [.., rows, cols] -> [.., rows /
 * 2, cols / 2].
 */
export function averagePool(x: Node): Node {
  const [batch, channels, rows, cols] = x.shape as [number, number, number, number];
  const squares = reshape(x, [batch, channels, rows / 2, 2, cols / 2, 2]);
  return mul(reshape(sum(squares, [3, 5]), [batch, channels, rows / 2, cols / 2]), 1 / 4);
}
