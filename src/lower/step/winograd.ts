import type { Node } from "../../graph/node.ts";
import type { FusedConvolution } from "./fusion.ts";
import { part, pieces, type Lowering, type View } from "./lowering.ts";
import { ROW, type Times } from "./times.ts";
import { biasOf, weightsOf } from "./weights.ts";

/** Columns that are computed together. */
const TILE = 4;
/** Fewer channels do not pay for the additions around the products. */
const LEAST_CHANNELS = 16;

/**
 * Whether a convolution is computed for tiles of columns, by half of the products: one over three neighbouring columns that is
 * computed for whole rows, such as those of Gated PixelCNN's vertical stack. The arithmetic is in `src/kernels/winograd.ts`.
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
    Math.min(channels, outputs) >= LEAST_CHANNELS &&
    rows.length > 0 &&
    isOfRows(conv) &&
    isReady
  );
}

/** The rows of a kernel that have weights, and which rows of the picture they read, relative to the current one. */
function rowsRead({ inputs, attributes }: Node<"conv">): { index: number; offset: number }[] {
  const { pad, dilation, mask } = attributes;
  const [, , kernelRows, kernelCols] = inputs[1]!.shape as [number, number, number, number];
  const isKept = (index: number) =>
    !mask || mask.values.some((bit, i) => bit !== 0 && Math.floor(i / kernelCols) % kernelRows === index);
  return Array.from({ length: kernelRows }, (_, index) => ({
    index,
    offset: index * dilation[0] - pad.top,
  })).filter(({ index }) => isKept(index));
}

/** Lowers relu(conv + bias + add), whose last node is `node`, for tiles of columns. */
export function lowerInTiles(node: Node, fused: FusedConvolution, lowering: Lowering): View {
  const { conv, add, relu } = fused;
  const [outputs, channels] = conv.inputs[1]!.shape as [number, number];
  const tiles = Math.ceil(node.shape[3]! / TILE);
  const rows = rowsRead(conv);
  const newest = Math.max(...rows.map(({ offset }) => offset));

  const inputs = TRANSFORMS.map(() => lowering.field(channels, tiles));
  let first = 0;
  for (const segment of lowering.view(conv.inputs[0]!)) {
    lowering.emit(ROW, {
      kernel: "winogradInput",
      out: { ...inputs[0]!, channel: first, channels: segment.channels },
      x: { ...segment, rows: newest, cols: -conv.attributes.pad.left },
    });
    first += segment.channels;
  }

  const products = TRANSFORMS.map(() => lowering.field(outputs, tiles));
  const weightAt = weightsOf(conv);
  const bias = biasOf(fused, 0, outputs);
  TRANSFORMS.forEach((transform, i) => {
    const weights = new Float32Array(rows.length * channels * outputs);
    let at = 0;
    for (const { index } of rows)
      for (let input = 0; input < channels; input++)
        for (let output = 0; output < outputs; output++) {
          const [g0, g1, g2] = [0, 1, 2].map((col) => weightAt(output, input, 3 * index + col));
          weights[at++] = transform(g0!, g1!, g2!);
        }
    lowering.emit(ROW, {
      kernel: "convolution",
      out: products[i]!,
      taps: rows.map(({ offset }) => ({ ...inputs[i]!, rows: offset - newest, cols: 0 })),
      weights,
      // The second product is part of all four results, with a plus.
      bias: i === 1 ? bias : new Float32Array(outputs),
      add: undefined,
      relu: false,
    });
  });

  const out = lowering.field(outputs);
  const added = add && lowering.view(add);
  for (const { start, end } of pieces([ROW], outputs, ...(added ? [added] : []))) {
    lowering.emit(ROW, {
      kernel: "winogradOutput",
      out: part([out], start, end),
      products: part([products[0]!], start, end),
      add: added && part(added, start, end),
      relu,
    });
  }
  return [out];
}

/** The weights of the six products from those of three columns. */
const TRANSFORMS: readonly ((g0: number, g1: number, g2: number) => number)[] = [
  (g0) => g0 / 4,
  (g0, g1, g2) => -(g0 + g1 + g2) / 6,
  (g0, g1, g2) => -(g0 - g1 + g2) / 6,
  (g0, g1, g2) => (g0 + 2 * g1 + 4 * g2) / 24,
  (g0, g1, g2) => (g0 - 2 * g1 + 4 * g2) / 24,
  (_, __, g2) => g2,
];
