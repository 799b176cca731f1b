import { isSameStride } from "../../graph/lattice.ts";
import type { Node } from "../../graph/node.ts";
import { ROW, type Times } from "./times.ts";

/** Fewer channels do not pay for the additions around the products. */
const LEAST_CHANNELS = 16;

/**
 * Whether a convolution is computed for tiles of columns, by half of the products: one over three neighbouring columns
 * that is computed for whole rows, such as those of Gated PixelCNN's vertical stack. The arithmetic is in
 * `src/kernels/winograd.ts`.
 */
export function isInTiles(conv: Node<"conv">, timesOf: (node: Node) => Times): boolean {
  const [outputs, channels, , kernelCols] = conv.inputs[1]!.shape as [number, number, number, number];
  const isOfRows = (node: Node) => timesOf(node).every((time) => time === ROW);
  const rows = rowsRead(conv);
  // Columns of its own row are drawn together when the row is begun, so all channels must be known by then.
  const isReady = rows.every(({ offset }) => offset < 0) || isOfRows(conv.inputs[0]!);
  return (
    kernelCols === 3 &&
    conv.attributes.dilation[1] === 1 &&
    isSameStride(conv.attributes.stride, [1, 1]) &&
    Math.min(channels, outputs) >= LEAST_CHANNELS &&
    rows.length > 0 &&
    isOfRows(conv) &&
    isReady
  );
}

/** The rows of a kernel that have weights, and which rows of the picture they read, relative to the current one. */
export function rowsRead({ inputs, attributes }: Node<"conv">): { index: number; offset: number }[] {
  const { pad, dilation, mask } = attributes;
  const [, , kernelRows, kernelCols] = inputs[1]!.shape as [number, number, number, number];
  const isKept = (index: number) =>
    !mask || mask.values.some((bit, i) => bit !== 0 && Math.floor(i / kernelCols) % kernelRows === index);
  return Array.from({ length: kernelRows }, (_, index) => ({
    index,
    offset: index * dilation[0] - pad.top,
  })).filter(({ index }) => isKept(index));
}
