import type { Node } from "../../graph/node.ts";
import type { ConvAttributes } from "../../graph/primitives.ts";
import { sizeOf } from "../../graph/shapes.ts";
import { dense, isDense } from "./dense.ts";
import { gatheredWeightGradient, isGathered } from "./gathered-weight-gradient.ts";
import { masked, padded, type OnnxLowering } from "./lowering.ts";

type Four = [number, number, number, number];

/**
 * One position of the kernel. Relative to the output, the input that it reads is moved by `top` rows down and `left`
 * columns right.
 */
interface Tap {
  readonly top: number;
  readonly left: number;
}

/**
 * With so few input channels, the matrices of single taps are too narrow to be efficient: what all taps read is
 * concatenated and multiplied at once.
 */
const THIN_CHANNELS = 16;

/** The gradient for the weights: dw[:, :, y, x] = sum over the batch of dy times the input as tap (y, x) sees it. */
export function convWeightGradient(node: Node<"convWeightGradient">, lowering: OnnxLowering): string {
  if (isDense(node)) return dense(node, lowering);
  if (isGathered(node)) return gatheredWeightGradient(node, lowering);
  const {
    inputs: [x, dy],
    attributes,
    shape,
  } = node;
  const { model } = lowering;
  const [outputs, channels] = shape as Four;
  const taps = tapsOf(attributes);
  const used = taps.filter((tap, i) => hasWeights(i, attributes) && seesPicture(tap, x!, dy!, attributes));
  if (used.length === 0) return model.floats(new Float32Array(sizeOf(shape)), shape);

  const isThin = channels < THIN_CHANNELS && used.length > 1;
  const each = isThin
    ? [product(seenByAll(used, x!, dy!, attributes, lowering), dy!, used.length * channels, lowering)]
    : used.map((tap) => product(seenByTap(tap, x!, dy!, attributes, lowering), dy!, channels, lowering));
  // [batch, outputs, used taps * channels]
  const products = each.length === 1 ? each[0]! : model.node("Concat", each, { axis: 2 });
  const [batch] = dy!.shape as Four;
  const perPicture = model.node("Reshape", [products, model.integers([batch, -1])], {});
  // A product with ones: several times faster than ReduceSum over the first axis.
  const ones = model.floats(new Float32Array(batch).fill(1), [1, batch]);
  const total = model.node("MatMul", [ones, perPicture], {});
  let gradient = model.node("Reshape", [total, model.integers([outputs, used.length, channels])], {});
  if (used.length < taps.length) {
    // One tap of zeros behind the used ones stands for every tap that is not used.
    const withZero = padded(lowering, gradient, [0, 0, 0], [0, 1, 0]);
    const places = taps.map((tap) => (used.includes(tap) ? used.indexOf(tap) : used.length));
    gradient = model.node("Gather", [withZero, model.integers(places)], { axis: 1 });
  }
  const tapsLast = taps.length === 1 ? gradient : model.node("Transpose", [gradient], { perm: [0, 2, 1] });
  return masked(lowering, model.node("Reshape", [tapsLast, model.integers(shape)], {}), attributes);
}

function tapsOf({ kernel: [rows, cols], pad, dilation }: Node<"convWeightGradient">["attributes"]): Tap[] {
  return Array.from({ length: rows * cols }, (_, i) => ({
    top: pad.top - Math.floor(i / cols) * dilation[0],
    left: pad.left - (i % cols) * dilation[1],
  }));
}

/** Whether the mask keeps tap number `i` for any pair of channels. */
function hasWeights(i: number, { mask, kernel }: Node<"convWeightGradient">["attributes"]): boolean {
  return !mask || mask.values.some((bit, k) => k % (kernel[0] * kernel[1]) === i && bit !== 0);
}

/** Whether any output reads a pixel of the picture through this tap, and not only padding. */
function seesPicture({ top, left }: Tap, x: Node, dy: Node, { stride }: ConvAttributes): boolean {
  const overlaps = (offset: number, size: number, out: number, step: number) =>
    offset <= (out - 1) * step && -offset < size;
  const [, , rows, cols] = x.shape as Four;
  const [, , outRows, outCols] = dy.shape as Four;
  return overlaps(top, rows, outRows, stride[0]) && overlaps(left, cols, outCols, stride[1]);
}

/** What a tap reads of the input, and the corresponding rows of dy. */
interface Seen {
  readonly x: string;
  readonly dy: string;
  readonly rows: number;
}

/** dy times the transposed input, of each picture: [batch, outputs, width]. */
function product(seen: Seen, dy: Node, width: number, { model }: OnnxLowering): string {
  const [batch, outputs, , cols] = dy.shape as Four;
  const flat = (field: string, channels: number) =>
    model.node("Reshape", [field, model.integers([batch, channels, seen.rows * cols])], {});
  const transposed = model.node("Transpose", [flat(seen.x, width)], { perm: [0, 2, 1] });
  return model.node("MatMul", [flat(seen.dy, outputs), transposed], {});
}

/** What several taps read, as channels of one input. */
function seenByAll(
  taps: readonly Tap[],
  x: Node,
  dy: Node,
  attributes: ConvAttributes,
  lowering: OnnxLowering,
): Seen {
  const side = taps.map((tap) => seenWhole(tap, x, dy, attributes, lowering));
  return { x: lowering.model.node("Concat", side, { axis: 1 }), dy: lowering.value(dy), rows: dy.shape[2]! };
}

/**
 * Rows that the tap reads outside the picture add nothing to the product. With stride 1 they are cropped from both x
 * and dy, which costs less than moving x and filling in zeros.
 */
function seenByTap(tap: Tap, x: Node, dy: Node, attributes: ConvAttributes, lowering: OnnxLowering): Seen {
  const { model, value } = lowering;
  const [, , rows, cols] = x.shape as Four;
  const [, , outRows, outCols] = dy.shape as Four;
  if (attributes.stride.some((step) => step !== 1)) {
    return { x: seenWhole(tap, x, dy, attributes, lowering), dy: value(dy), rows: outRows };
  }
  const moved = padded(lowering, value(x), [0, 0, 0, tap.left], [0, 0, 0, outCols - cols - tap.left]);
  const [first, end] = [Math.max(0, tap.top), Math.min(outRows, rows + tap.top)];
  const rowsOf = (field: string, all: number, from: number, to: number) =>
    from === 0 && to === all ? field : model.slice(field, 2, from, to);
  return {
    x: rowsOf(moved, rows, first - tap.top, end - tap.top),
    dy: rowsOf(value(dy), outRows, first, end),
    rows: end - first,
  };
}

/** The input that a tap reads for every output: moved, with zeros coming in, cropped, and sampled at the stride. */
function seenWhole(
  { top, left }: Tap,
  x: Node,
  dy: Node,
  { stride }: ConvAttributes,
  lowering: OnnxLowering,
): string {
  const { model, value } = lowering;
  const [, , rows, cols] = x.shape as Four;
  const [, , outRows, outCols] = dy.shape as Four;
  const [tall, wide] = [(outRows - 1) * stride[0] + 1, (outCols - 1) * stride[1] + 1];
  const moved = padded(lowering, value(x), [0, 0, top, left], [0, 0, tall - rows - top, wide - cols - left]);
  if (stride.every((step) => step === 1)) return moved;
  const bounds = [[0, 0], [tall, wide], [2, 3], stride].map((list) => model.integers(list));
  return model.node("Slice", [moved, ...bounds], {});
}
