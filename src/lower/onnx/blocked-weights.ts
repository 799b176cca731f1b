import type { PlainConvolution } from "./fusion.ts";
import type { OnnxLowering } from "./lowering.ts";

/**
 * A convolution's weights as convolutions in blocks of channels take them: [outputs / b, inputs / b, taps, b of the
 * inputs, b of the outputs], under the name of the shape [outputs, inputs, ...kernel]. In training they are laid out
 * anew in every step. One transposition of all axes would take two to four times as long as these: ONNX Runtime is
 * fast where one axis moves past others, or where what moves are whole rows.
 */
export function blockedWeights(plain: PlainConvolution, block: number, { model }: OnnxLowering): string {
  const { weights, outputs, inputs, kernel, isBackwards } = plain;
  const taps = kernel[0] * kernel[1];
  const blocks = (outputs / block) * (inputs / block);
  const transposed = (value: string, shape: readonly number[], perm: readonly number[]) =>
    model.node("Transpose", [model.node("Reshape", [value, model.integers(shape)], {})], { perm });
  const named = (value: string) =>
    model.node("Reshape", [value, model.integers([outputs, inputs, ...kernel])], {});

  if (!isBackwards) {
    const outputsLast = transposed(weights, [outputs / block, block, inputs * taps], [0, 2, 1]);
    if (taps === 1) return named(outputsLast);
    return named(transposed(outputsLast, [blocks, block, taps, block], [0, 2, 1, 3]));
  }
  // As declared they are [inputs, outputs, ...kernel]. Blocks of outputs come first, then the taps move before pairs.
  const byBlock = transposed(weights, [inputs, outputs / block, block * taps], [1, 0, 2]);
  if (taps === 1) return named(byBlock);
  const byTap = transposed(byBlock, [blocks, block * block, taps], [0, 2, 1]);
  const backwards = model.integers(Array.from({ length: taps }, (_, tap) => taps - 1 - tap));
  return named(model.node("Gather", [byTap, backwards], { axis: 1 }));
}
