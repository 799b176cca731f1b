import { type Node, is } from "../../graph/node.ts";
import { blockedConvolution } from "./blocked-rules.ts";
import { dense, isDense } from "./dense.ts";
import type { FusedConvolution, PlainConvolution } from "./fusion.ts";
import { masked, padded, type OnnxLowering } from "./lowering.ts";

// How the three convolutions are computed was chosen by measurement (two threads, batches of 32 pictures of 28x28):
// ONNX Runtime is fastest at `Conv` for the forward pass and the gradient of the input, and at matrix products, one per
// tap of the kernel, for the gradient of the weights. Taps whose mask is empty cost nothing. A bias, a sum with another
// field, and ReLU are fused into it.

type Four = [number, number, number, number];

/** Lowers a convolution, forwards or backwards, and what is fused into it, as the value of `node`. */
export function convolution(node: Node, fused: FusedConvolution, lowering: OnnxLowering): void {
  const { conv, bias } = fused;
  if (isDense(conv)) {
    lowering.setPlain(node, epilogue(dense(conv, lowering), fused, lowering));
    return;
  }
  if (is(conv, "convTranspose") && conv.attributes.stride.some((step) => step !== 1)) {
    lowering.setPlain(node, epilogue(stridedTranspose(conv, lowering), fused, lowering));
    return;
  }
  const plain = is(conv, "conv") ? forwards(conv, lowering) : backwards(conv, lowering);
  const blocked = blockedConvolution(plain, fused, lowering);
  if (blocked !== undefined) {
    lowering.setBlocked(node, blocked);
    return;
  }
  const { model, value } = lowering;
  const { x, outputs, pads, stride: strides, dilation: dilations } = plain;
  // Conv takes no negative padding: the input is cropped beforehand instead.
  const [top, left, bottom, right] = pads.map((size) => Math.min(size, 0)) as Four;
  const cut = padded(lowering, value(x), [0, 0, top, left], [0, 0, bottom, right]);
  const operands = [cut, plainWeights(plain, lowering)];
  if (bias) operands.push(model.node("Reshape", [value(bias), model.integers([outputs])], {}));
  const kept = pads.map((size) => Math.max(size, 0));
  const result = model.node("Conv", operands, { pads: kept, strides, dilations });
  lowering.setPlain(node, epilogue(result, { ...fused, bias: undefined }, lowering));
}

/** What remains to be computed after a convolution into which only the bias is fused. */
function epilogue(
  result: string,
  { bias, sum, relu }: Partial<FusedConvolution>,
  { model, value }: OnnxLowering,
): string {
  const withBias = bias ? model.node("Add", [result, value(bias)], {}) : result;
  const summed = sum ? model.node("Add", [value(sum), withBias], {}) : withBias;
  return relu ? model.node("Relu", [summed], {}) : summed;
}

function forwards({ inputs: [x, w], attributes }: Node<"conv">, lowering: OnnxLowering): PlainConvolution {
  const { pad, stride, dilation } = attributes;
  const [outputs, inputs, ...kernel] = w!.shape as Four;
  const weights = masked(lowering, lowering.value(w!), attributes);
  const pads = [pad.top, pad.left, pad.bottom, pad.right] as const;
  return { x: x!, inputs, outputs, kernel, weights, isBackwards: false, pads, stride, dilation };
}

/**
 * The gradient for the input, with stride 1: again a convolution, of dy with the weights turned by 180 degrees and
 * their channels exchanged (ORT's `Conv` is about twice as fast as its `ConvTranspose`).
 */
function backwards(
  { inputs: [dy, w], attributes, shape }: Node<"convTranspose">,
  lowering: OnnxLowering,
): PlainConvolution {
  const { pad, stride, dilation } = attributes;
  const [inputs, outputs, ...kernel] = w!.shape as Four;
  const [, , outRows, outCols] = dy!.shape as Four;
  const [, , rows, cols] = shape as Four;
  const reach: [number, number] = [(kernel[0] - 1) * dilation[0], (kernel[1] - 1) * dilation[1]];
  const [top, left] = [reach[0] - pad.top, reach[1] - pad.left];
  const [bottom, right] = [rows - outRows + reach[0] - top, cols - outCols + reach[1] - left];
  const weights = masked(lowering, lowering.value(w!), attributes);
  const pads = [top, left, bottom, right] as const;
  return { x: dy!, inputs, outputs, kernel, weights, isBackwards: true, pads, stride, dilation };
}

function stridedTranspose(
  { inputs, attributes, shape }: Node<"convTranspose">,
  lowering: OnnxLowering,
): string {
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

/** The weights as `Conv` takes them. */
function plainWeights(
  { weights, isBackwards, outputs, inputs, kernel }: PlainConvolution,
  { model }: OnnxLowering,
): string {
  if (!isBackwards) return weights;
  const swapped = model.node("Transpose", [weights], { perm: [1, 0, 2, 3] });
  const taps = kernel[0] * kernel[1];
  if (taps === 1) return swapped;
  const flat = model.node("Reshape", [swapped, model.integers([outputs, inputs, taps])], {});
  const backwards = model.integers(Array.from({ length: taps }, (_, tap) => taps - 1 - tap));
  const reversed = model.node("Gather", [flat, backwards], { axis: 2 });
  return model.node("Reshape", [reversed, model.integers([outputs, inputs, ...kernel])], {});
}
