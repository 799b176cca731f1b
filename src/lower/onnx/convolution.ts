import { type Node, is } from "../../graph/node.ts";
import type { ConvAttributes } from "../../graph/primitives.ts";
import { sizeOf } from "../../graph/shapes.ts";
import { blockedConvolution } from "./blocked-rules.ts";
import type { Convolution, FusedConvolution } from "./fusion.ts";
import { padded, type Lowering } from "./lowering.ts";

// How the three convolutions are computed was chosen by measurement (docs/architecture.md): ONNX Runtime is fastest
// at `Conv` for the forward pass and the gradient of the input, and at matrix products, one per tap of the kernel,
// for the gradient of the weights.

type Four = [number, number, number, number];

/** Lowers a convolution, forwards or backwards, and what is fused into it, as the value of `node`. */
export function convolution(node: Node, fused: FusedConvolution, lowering: Lowering): void {
  const { conv } = fused;
  if (is(conv, "convTranspose") && conv.attributes.stride.some((step) => step !== 1)) {
    lowering.setPlain(node, epilogue(stridedTranspose(conv, lowering), fused, lowering));
    return;
  }
  const { geometry, weights } = is(conv, "conv") ? forwards(conv, lowering) : backwards(conv, lowering);
  const { bias, sum, relu } = fused;
  const blocked = geometry.crop
    ? undefined
    : blockedConvolution({ ...geometry, bias, sum, relu }, weights, lowering);
  if (blocked !== undefined) {
    lowering.setBlocked(node, blocked);
    return;
  }
  const { model, value } = lowering;
  const operands = [geometry.crop?.(value(geometry.x)) ?? value(geometry.x), weights];
  if (bias) operands.push(model.node("Reshape", [value(bias), model.integers([geometry.outputs])], {}));
  const { pads, stride: strides, dilation: dilations } = geometry;
  const result = model.node("Conv", operands, { pads, strides, dilations });
  lowering.setPlain(node, epilogue(result, { sum, relu }, lowering));
}

/** What is left to do behind a convolution that has only its bias fused. */
function epilogue(
  result: string,
  { bias, sum, relu }: Partial<FusedConvolution>,
  { model, value }: Lowering,
): string {
  const withBias = bias ? model.node("Add", [result, value(bias)], {}) : result;
  const summed = sum ? model.node("Add", [value(sum), withBias], {}) : withBias;
  return relu ? model.node("Relu", [summed], {}) : summed;
}

interface PreparedConvolution {
  readonly geometry: Omit<Convolution, "bias" | "sum" | "relu"> & {
    /** Cuts the input first, where the padding is negative. */
    readonly crop?: ((x: string) => string) | undefined;
  };
  readonly weights: string;
}

function forwards({ inputs: [x, w], attributes }: Node<"conv">, lowering: Lowering): PreparedConvolution {
  const { pad, stride, dilation } = attributes;
  const [outputs, inputs, ...kernel] = w!.shape as Four;
  const pads = [pad.top, pad.left, pad.bottom, pad.right];
  const weights = masked(lowering, lowering.value(w!), attributes);
  return { geometry: { x: x!, inputs, outputs, kernel, pads, stride, dilation }, weights };
}

/**
 * The gradient for the input, with stride 1: again a convolution, of dy with the weights turned by 180 degrees and
 * their channels exchanged (ORT's `Conv` is about twice as fast as its `ConvTranspose`).
 */
function backwards(
  { inputs, attributes, shape }: Node<"convTranspose">,
  lowering: Lowering,
): PreparedConvolution {
  const { pad, stride, dilation } = attributes;
  const [dy, w] = inputs as [Node, Node];
  const [outputs, channels, ...kernel] = w.shape as Four;
  const [, , outRows, outCols] = dy.shape as Four;
  const [, , rows, cols] = shape as Four;
  const reach: [number, number] = [(kernel[0] - 1) * dilation[0], (kernel[1] - 1) * dilation[1]];
  const [top, left] = [reach[0] - pad.top, reach[1] - pad.left];
  const [bottom, right] = [rows - outRows + reach[0] - top, cols - outCols + reach[1] - left];
  const sides = [top, left, bottom, right];
  const negative = (sizes: number[]) => [0, 0, ...sizes.map((size) => Math.min(size, 0))];
  // Conv takes no negative padding: what is to be cropped is cropped beforehand.
  const crop = sides.some((size) => size < 0)
    ? (x: string) => padded(lowering, x, negative([top, left]), negative([bottom, right]))
    : undefined;
  const pads = sides.map((size) => Math.max(size, 0));
  const masks = masked(lowering, lowering.value(w), attributes);
  const swapped = lowering.model.node("Transpose", [masks], { perm: [1, 0, 2, 3] });
  return {
    geometry: { x: dy, inputs: outputs, outputs: channels, kernel, pads, stride, dilation, crop },
    weights: turned(lowering, swapped, [channels, outputs, ...kernel]),
  };
}

function stridedTranspose({ inputs, attributes, shape }: Node<"convTranspose">, lowering: Lowering): string {
  const { pad, stride, dilation } = attributes;
  const [dy, w] = inputs as [Node, Node];
  const [, , kernelRows, kernelCols] = w.shape as Four;
  const [, , outRows, outCols] = dy.shape as Four;
  const [, , rows, cols] = shape as Four;
  const missing = (size: number, pads: number, kernel: number, step: number, gap: number, out: number) =>
    size + pads - (kernel - 1) * gap - 1 - step * (out - 1);
  return lowering.model.node(
    "ConvTranspose",
    [lowering.value(dy), masked(lowering, lowering.value(w), attributes)],
    {
      pads: [pad.top, pad.left, pad.bottom, pad.right],
      strides: stride,
      dilations: dilation,
      output_padding: [
        missing(rows, pad.top + pad.bottom, kernelRows, stride[0], dilation[0], outRows),
        missing(cols, pad.left + pad.right, kernelCols, stride[1], dilation[1], outCols),
      ],
    },
  );
}

/** Kernels turned by 180 degrees. */
function turned({ model }: Lowering, weights: string, shape: Four): string {
  const taps = shape[2] * shape[3];
  if (taps === 1) return weights;
  const flat = model.node("Reshape", [weights, model.integers([shape[0], shape[1], taps])], {});
  const backwards = model.integers(Array.from({ length: taps }, (_, tap) => taps - 1 - tap));
  const reversed = model.node("Gather", [flat, backwards], { axis: 2 });
  return model.node("Reshape", [reversed, model.integers(shape)], {});
}

/**
 * With so few input channels the products of single taps are too thin to be efficient, so the taps of the kernel are
 * put side by side and multiplied at once.
 */
const THIN_CHANNELS = 16;

/** The gradient for the weights: dw[:, :, y, x] = sum over the batch of dy times the input as tap (y, x) sees it. */
export function convWeightGradient(
  { inputs, attributes, shape }: Node<"convWeightGradient">,
  lowering: Lowering,
): string {
  const { model, value } = lowering;
  const [x, dy] = inputs as [Node, Node];
  const [outputs, channels, kernelRows, kernelCols] = shape as Four;
  const [batch, , rows, cols] = dy.shape as Four;
  /** dy times the transposed input, summed over the batch: [outputs, width]. */
  const product = (seen: string, dyRows: string, width: number, rowCount: number): string => {
    const positions = rowCount * cols;
    const dyFlat = model.node("Reshape", [dyRows, model.integers([batch, outputs, positions])], {});
    const flat = model.node("Reshape", [seen, model.integers([batch, width, positions])], {});
    const transposed = model.node("Transpose", [flat], { perm: [0, 2, 1] });
    const products = model.node("MatMul", [dyFlat, transposed], {});
    // A product with ones: several times faster than ReduceSum over the first axis.
    const perPicture = model.node("Reshape", [products, model.integers([batch, outputs * width])], {});
    return model.node("MatMul", [model.floats(new Float32Array(batch).fill(1), [1, batch]), perPicture], {});
  };

  const taps = Array.from({ length: kernelRows * kernelCols }, (_, tap) => tap);
  const used = taps.filter(
    (tap) => isUsed(tap, attributes) && seesPicture(tap, x, dy, kernelCols, attributes),
  );
  if (used.length === 0) return model.floats(new Float32Array(sizeOf(shape)), shape);
  const shaped = (product: string, count: number) =>
    model.node("Reshape", [product, model.integers([outputs, count, channels])], {});

  let gradient: string;
  if (channels < THIN_CHANNELS && used.length > 1) {
    const seen = used.map((tap) => seenByTap(lowering, x, dy, tap, kernelCols, attributes, false).x);
    const together = model.node("Concat", seen, { axis: 1 });
    gradient = shaped(product(together, value(dy), used.length * channels, rows), used.length);
  } else {
    const each = used.map((tap) => {
      const seen = seenByTap(lowering, x, dy, tap, kernelCols, attributes, true);
      return shaped(product(seen.x, seen.dy, channels, seen.rows), 1);
    });
    gradient = each.length === 1 ? each[0]! : model.node("Concat", each, { axis: 1 });
  }
  if (used.length < taps.length) {
    // One tap of zeros behind the used ones stands for every tap that the mask leaves out.
    const withZero = padded(lowering, gradient, [0, 0, 0], [0, 1, 0]);
    const places = taps.map((tap) => (used.includes(tap) ? used.indexOf(tap) : used.length));
    gradient = model.node("Gather", [withZero, model.integers(places)], { axis: 1 });
  }
  const channelsFirst =
    taps.length === 1 ? gradient : model.node("Transpose", [gradient], { perm: [0, 2, 1] });
  return masked(lowering, model.node("Reshape", [channelsFirst, model.integers(shape)], {}), attributes);
}

/**
 * The input as one tap of the kernel sees it, and the rows of dy that go with it. Columns are moved, with zeros coming
 * in. Rows that the tap sees outside the picture add nothing: if they may, they are cut off, of both, which costs less
 * than moving.
 */
function seenByTap(
  lowering: Lowering,
  x: Node,
  dy: Node,
  tap: number,
  kernelCols: number,
  a: ConvAttributes,
  mayCut: boolean,
): { x: string; dy: string; rows: number } {
  const { model, value } = lowering;
  const [, , rows, cols] = x.shape as Four;
  const [, , outRows, outCols] = dy.shape as Four;
  const top = a.pad.top - Math.floor(tap / kernelCols) * a.dilation[0];
  const left = a.pad.left - (tap % kernelCols) * a.dilation[1];
  if (mayCut && a.stride[0] === 1 && a.stride[1] === 1) {
    const moved = padded(lowering, value(x), [0, 0, 0, left], [0, 0, 0, outCols - cols - left]);
    const [first, end] = [Math.max(0, top), Math.min(outRows, rows + top)];
    const rowsOf = (field: string, all: number, from: number, to: number) =>
      from === 0 && to === all ? field : model.slice(field, 2, from, to);
    return {
      x: rowsOf(moved, rows, first - top, end - top),
      dy: rowsOf(value(dy), outRows, first, end),
      rows: end - first,
    };
  }
  const [tall, wide] = [(outRows - 1) * a.stride[0] + 1, (outCols - 1) * a.stride[1] + 1];
  const moved = padded(lowering, value(x), [0, 0, top, left], [0, 0, tall - rows - top, wide - cols - left]);
  const list = (...numbers: number[]) => model.integers(numbers);
  const isDense = a.stride[0] === 1 && a.stride[1] === 1;
  const thinned = isDense
    ? moved
    : model.node("Slice", [moved, list(0, 0), list(tall, wide), list(2, 3), list(...a.stride)], {});
  return { x: thinned, dy: value(dy), rows: outRows };
}

/** Does any output see a pixel of the picture through this tap, or padding only? */
function seesPicture(tap: number, x: Node, dy: Node, kernelCols: number, a: ConvAttributes): boolean {
  const top = a.pad.top - Math.floor(tap / kernelCols) * a.dilation[0];
  const left = a.pad.left - (tap % kernelCols) * a.dilation[1];
  const overlaps = (offset: number, size: number, out: number, stride: number) =>
    offset <= (out - 1) * stride && -offset < size;
  const [rows, cols] = [x.shape[2]!, x.shape[3]!];
  return overlaps(top, rows, dy.shape[2]!, a.stride[0]) && overlaps(left, cols, dy.shape[3]!, a.stride[1]);
}

/** Has the mask a weight at this tap, for any pair of channels? */
function isUsed(tap: number, { mask }: ConvAttributes): boolean {
  if (!mask) return true;
  const taps = mask.shape[2]! * mask.shape[3]!;
  return mask.values.some((bit, i) => i % taps === tap && bit !== 0);
}

function masked({ model }: Lowering, weights: string, { mask }: ConvAttributes): string {
  return mask ? model.node("Mul", [weights, model.floats(mask.values, mask.shape)], {}) : weights;
}
