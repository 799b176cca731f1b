import { add, concat, matmul, reshape, slice, transpose } from "../../graph/language.ts";
import { is, type Node } from "../../graph/node.ts";
import { noFrontRule, withoutMasked, type FrontValues } from "./front-values.ts";
import type { Front } from "./fronts.ts";

/** A tap of a kernel: the position that it reads, relative to its own, and its matrix [inputs, outputs]. */
interface Tap {
  readonly rows: number;
  readonly cols: number;
  readonly matrix: Node;
}

/** A convolution as one product. */
export function matrixConvolution(
  node: Node<"conv"> | Node<"convTranspose">,
  front: Front,
  values: FrontValues,
): Node {
  const [x, w] = node.inputs as [Node, Node];
  const { mask, stride } = node.attributes;
  if (values.isInner(w) || stride[0] !== 1 || stride[1] !== 1) return noFrontRule(node);
  const area = w.shape[2]! * w.shape[3]!;
  const taps = tapsOf(node, withoutMasked(w, mask)).filter(
    ({ rows, cols }, tap) =>
      values.isInside(front, rows, cols) &&
      (!mask || mask.values.some((bit, i) => bit === 1 && i % area === tap)),
  );
  if (taps.length === 0) return values.zeros(front, node.shape[1]!);
  const isAtOnce = x.shape[1]! <= node.shape[1]! || taps.length === 1;
  return (isAtOnce ? productOfReads : sumOfProducts)(x, taps, front, values);
}

function tapsOf(node: Node<"conv"> | Node<"convTranspose">, weights: Node): Tap[] {
  const { pad, dilation } = node.attributes;
  const [first, second, kernelRows, kernelCols] = weights.shape as [number, number, number, number];
  return Array.from({ length: kernelRows * kernelCols }, (_, tap) => {
    const [row, col] = [Math.floor(tap / kernelCols), tap % kernelCols];
    const own = reshape(slice(slice(weights, 2, row, row + 1), 3, col, col + 1), [first, second]);
    const [rows, cols] = [row * dilation[0] - pad.top, col * dilation[1] - pad.left];
    // The gradient of a position's input comes from the outputs that read it.
    return is(node, "conv")
      ? { rows, cols, matrix: transpose(own, [1, 0]) }
      : { rows: -rows, cols: -cols, matrix: own };
  });
}

/** What the taps read, concatenated, times their matrices, stacked. */
function productOfReads(x: Node, taps: readonly Tap[], front: Front, values: FrontValues): Node {
  const read = ({ rows, cols }: Tap) => values.moved(front, rows, cols, (from) => values.at(x, from));
  const matrices = taps.map(({ matrix }) => matrix);
  return matmul(concat(taps.map(read), values.layout.channels), concat(matrices, 0));
}

/**
 * The same if there are fewer outputs than inputs: the product comes first, for all taps at once, since this moves
 * less data.
 */
function sumOfProducts(x: Node, taps: readonly Tap[], front: Front, values: FrontValues): Node {
  const matrices = concat(
    taps.map(({ matrix }) => matrix),
    1,
  );
  const outputs = taps[0]!.matrix.shape[1]!;
  return taps
    .map(({ rows, cols }, tap) =>
      values.moved(front, rows, cols, (from) =>
        slice(
          matmul(values.at(x, from), matrices),
          values.layout.channels,
          tap * outputs,
          (tap + 1) * outputs,
        ),
      ),
    )
    .reduce((sum, term) => add(sum, term));
}
