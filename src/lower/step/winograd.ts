import type { Node } from "../../graph/node.ts";
import type { FusedConvolution } from "./fusion.ts";
import { part, pieces, type Lowering, type View } from "./lowering.ts";
import { rowsRead } from "./tiles.ts";
import { ROW } from "./times.ts";
import { biasOf, weightsOf } from "./weights.ts";

/** Columns that are computed together. */
const TILE = 4;

/** Lowers relu(conv + bias + add), whose last node is `node`, for tiles of columns. */
export function lowerInTiles(node: Node, fused: FusedConvolution, lowering: Lowering): View {
  const { add, relu } = fused;
  const conv = fused.conv as Node<"conv">;
  const [outputs, channels] = conv.inputs[1]!.shape as [number, number];
  const tiles = Math.ceil(node.shape[3]! / TILE);
  const rows = rowsRead(conv);
  const newest = Math.max(...rows.map(({ offset }) => offset));

  // Rows below are transformed ahead; of rows above, the newest is transformed at the row that reads it.
  const [ahead, behind] = [Math.max(newest, 0), Math.min(newest, 0)];
  const lead = lowering.lead(node) + ahead;
  const inputs = TRANSFORMS.map(() => lowering.field(node, { channels, cols: tiles, lead }));
  let first = 0;
  for (const segment of lowering.view(conv.inputs[0]!, conv)) {
    lowering.emit(ROW, {
      kernel: "winogradInput",
      out: { ...inputs[0]!, channel: first, channels: segment.channels },
      x: { ...segment, rows: behind, cols: -conv.attributes.pad.left },
    });
    first += segment.channels;
  }

  const products = TRANSFORMS.map(() => lowering.field(node, { channels: outputs, cols: tiles }));
  const weightAt = weightsOf(conv);
  const bias = biasOf(fused, 0, outputs);
  TRANSFORMS.forEach((transform, i) => {
    const weights = new Float32Array(rows.length * channels * outputs);
    let at = 0;
    for (const { index } of rows)
      for (let input = 0; input < channels; input++)
        for (let output = 0; output < outputs; output++) {
          const g = (col: number) => weightAt(output, input, 3 * index + col);
          weights[at++] = transform(g(0), g(1), g(2));
        }
    lowering.emit(ROW, {
      kernel: "convolution",
      out: products[i]!,
      taps: rows.map(({ offset }) => ({ ...inputs[i]!, rows: offset - behind, cols: 0 })),
      weights,
      // The second product is part of all four results, with a plus.
      bias: i === 1 ? bias : new Float32Array(outputs),
      add: undefined,
      relu: false,
    });
  });

  const out = lowering.field(node);
  const added = add && lowering.view(add, node);
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
