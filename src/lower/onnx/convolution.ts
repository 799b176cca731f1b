import type { ConvAttributes, Node } from "../../graph/node.ts";
import { is } from "../../graph/node.ts";
import { padded, type Lowering } from "./lowering.ts";

// How the three convolutions are computed was chosen by measurement (docs/architecture.md): ONNX Runtime is fastest
// at `Conv` for the forward pass and the gradient of the input, and at matrix products, one per tap of the kernel,
// for the gradient of the weights.

type Four = [number, number, number, number];

/** The convolution whose only use is to have a bias added, and the bias: ONNX's Conv adds it on the way. */
export function biasedConvolution(
  node: Node,
  uses: ReadonlyMap<Node, number>,
): { conv: Node<"conv">; bias: Node } | undefined {
  if (node.op !== "add") return undefined;
  for (const [conv, bias] of [node.inputs, node.inputs.toReversed()] as [Node, Node][]) {
    const isBias =
      bias.shape.length === 4 && bias.shape.every((size, axis) => size === (axis === 1 ? conv.shape[1] : 1));
    if (isBias && is(conv, "conv") && uses.get(conv) === 1) return { conv, bias };
  }
  return undefined;
}

export function conv({ inputs, attributes, shape }: Node<"conv">, lowering: Lowering, bias?: Node): string {
  const { model, value } = lowering;
  const { pad, stride, dilation } = attributes;
  const operands = [value(inputs[0]!), masked(lowering, value(inputs[1]!), attributes)];
  if (bias) operands.push(model.node("Reshape", [value(bias), model.integers([shape[1]!])], {}));
  return model.node("Conv", operands, {
    pads: [pad.top, pad.left, pad.bottom, pad.right],
    strides: stride,
    dilations: dilation,
  });
}

/**
 * The gradient for the input. With stride 1 it is again a convolution, of dy with the weights turned by 180 degrees
 * and their channels exchanged (ORT's `Conv` is about twice as fast as its `ConvTranspose`).
 */
export function convTranspose(
  { inputs, attributes, shape }: Node<"convTranspose">,
  lowering: Lowering,
): string {
  const { model, value } = lowering;
  const { pad, stride, dilation } = attributes;
  const [dy, w] = inputs as [Node, Node];
  const weights = masked(lowering, value(w), attributes);
  const [outputs, channels, kernelRows, kernelCols] = w.shape as Four;
  const [, , outRows, outCols] = dy.shape as Four;
  const [, , rows, cols] = shape as Four;
  const reach: [number, number] = [(kernelRows - 1) * dilation[0], (kernelCols - 1) * dilation[1]];

  if (stride[0] !== 1 || stride[1] !== 1) {
    return model.node("ConvTranspose", [value(dy), weights], {
      pads: [pad.top, pad.left, pad.bottom, pad.right],
      strides: stride,
      dilations: dilation,
      output_padding: [
        rows + pad.top + pad.bottom - reach[0] - 1 - stride[0] * (outRows - 1),
        cols + pad.left + pad.right - reach[1] - 1 - stride[1] * (outCols - 1),
      ],
    });
  }
  const [top, left] = [reach[0] - pad.top, reach[1] - pad.left];
  const [bottom, right] = [rows - outRows + reach[0] - top, cols - outCols + reach[1] - left];
  // Conv takes no negative padding: what is to be cropped is cropped beforehand.
  const crop = (sizes: number[]) => [0, 0, ...sizes.map((size) => Math.min(size, 0))];
  const cropped = padded(lowering, value(dy), crop([top, left]), crop([bottom, right]));
  const swapped = model.node("Transpose", [weights], { perm: [1, 0, 2, 3] });
  return model.node(
    "Conv",
    [cropped, turned(lowering, swapped, [channels, outputs, kernelRows, kernelCols])],
    {
      pads: [top, left, bottom, right].map((size) => Math.max(size, 0)),
      strides: [1, 1],
      dilations: dilation,
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
  const positions = rows * cols;
  const dyFlat = model.node("Reshape", [value(dy), model.integers([batch, outputs, positions])], {});

  /** dy times the transposed input, summed over the batch: [outputs, width]. */
  const product = (seen: string, width: number): string => {
    const flat = model.node("Reshape", [seen, model.integers([batch, width, positions])], {});
    const transposed = model.node("Transpose", [flat], { perm: [0, 2, 1] });
    const products = model.node("MatMul", [dyFlat, transposed], {});
    return model.node("ReduceSum", [products, model.integers([0])], { keepdims: 0 });
  };

  const taps = Array.from({ length: kernelRows * kernelCols }, (_, tap) => tap);
  const used = taps.filter((tap) => isUsed(tap, attributes));
  const seen = (tap: number) => seenByTap(lowering, x, dy, tap, kernelCols, attributes);
  const shapedTaps = (gradient: string, count: number) =>
    model.node("Reshape", [gradient, model.integers([outputs, count, channels])], {});

  let gradient: string;
  if (channels < THIN_CHANNELS && used.length > 1) {
    const together = model.node("Concat", used.map(seen), { axis: 1 });
    gradient = shapedTaps(product(together, used.length * channels), used.length);
  } else {
    const each = used.map((tap) => shapedTaps(product(seen(tap), channels), 1));
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

/** The input as one tap of the kernel sees it: moved, cut to the output's size, thinned by the stride. */
function seenByTap(
  lowering: Lowering,
  x: Node,
  dy: Node,
  tap: number,
  kernelCols: number,
  a: ConvAttributes,
): string {
  const { model, value } = lowering;
  const [, , rows, cols] = x.shape as Four;
  const [, , outRows, outCols] = dy.shape as Four;
  const top = a.pad.top - Math.floor(tap / kernelCols) * a.dilation[0];
  const left = a.pad.left - (tap % kernelCols) * a.dilation[1];
  const [tall, wide] = [(outRows - 1) * a.stride[0] + 1, (outCols - 1) * a.stride[1] + 1];
  const moved = padded(lowering, value(x), [0, 0, top, left], [0, 0, tall - rows - top, wide - cols - left]);
  if (a.stride[0] === 1 && a.stride[1] === 1) return moved;
  const list = (...numbers: number[]) => model.integers(numbers);
  return model.node("Slice", [moved, list(0, 0), list(tall, wide), list(2, 3), list(...a.stride)], {});
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
