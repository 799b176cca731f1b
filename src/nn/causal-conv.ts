import { expected } from "../basics/errors.ts";
import { add, conv } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import type { ConvMask } from "../graph/primitives.ts";
import { sizeOf } from "../graph/shapes.ts";
import { fanInUniform, zeros } from "./initialisers.ts";
import type { Scope } from "./scope.ts";

export interface CausalConvOptions {
  /** Feature maps of the result. */
  readonly outputs: number;
  /** Size n of the paper's n x n kernel; odd. */
  readonly kernel: number;
  /** A: the current pixel's own colour is not seen (first layer). B: it is (all layers after). */
  readonly mask: "A" | "B";
  /** Colours of the picture: maps are in as many groups, in order. 1 for grey pictures. */
  readonly groups: number;
  /** Only the current row of the kernel: 1 x n, as in the horizontal stack of Gated PixelCNN. */
  readonly isRow?: boolean;
  /**
   * The result's maps are so many parts, for a gate or an LSTM cell, each of which is in the groups in order. 1 by
   * default.
   */
  readonly parts?: number;
  /** Of the initial variance: 2 if a ReLU follows or precedes, see `fanInUniform`. */
  readonly gain?: number;
}

/**
 * The masked convolution of PixelCNN (van den Oord, Kalchbrenner, Kavukcuoglu 2016, section 3.4), with bias.
 *
 * Of the paper's n x n kernel only the rows down to the current one are kept, so a 5 x 5 kernel is one of 3 x 5 that
 * is padded at the top and the sides (zeros are masked out, x is the current pixel):
 *
 *     1 1 1 1 1
 *     1 1 1 1 1
 *     1 1 x 0 0
 *
 * At x, mask A connects a colour to earlier colours only, mask B to itself as well. The horizontal stack of Gated
 * PixelCNN (van den Oord et al. 2016, section 2.2) has the last of these rows alone.
 *
 * @throws ARGUMENT if the kernel is even
 */
export function causalConv(scope: Scope, x: Node, options: CausalConvOptions): Node {
  const { outputs, kernel, gain = 1 } = options;
  const inputs = x.shape[1]!;
  const side = kernelSide(kernel);
  scope.checkSize(maskShape(options, inputs));
  const mask = causalMask(options, inputs);
  const fanIn = mask.values.reduce((kept, bit) => kept + bit, 0) / outputs;
  const weights = scope.parameter("weight", mask.shape, fanInUniform(Math.max(fanIn, 1), gain));
  const bias = scope.parameter("bias", [1, outputs, 1, 1], zeros);
  const isFull = mask.values.every((bit) => bit === 1);
  const filtered = conv(x, weights, {
    pad: options.isRow ? { left: side } : { top: side, left: side, right: side },
    mask: isFull ? undefined : mask,
    name: scope.path,
  });
  return named(add(filtered, bias), scope.path);
}

/** Which weights of a causal convolution exist: [outputs, inputs, rows, cols]. */
export function causalMask(options: CausalConvOptions, inputs: number): ConvMask {
  const { outputs, kernel, groups, mask, isRow = false, parts = 1 } = options;
  const side = kernelSide(kernel);
  const [above, right] = isRow ? [0, 0] : [side, side];
  const shape = maskShape(options, inputs);
  const group = (channel: number, channels: number) => Math.floor((channel * groups) / channels);
  const outputsOfGroups = outputs / parts;
  const values = new Uint8Array(sizeOf(shape));
  let i = 0;
  for (let output = 0; output < outputs; output++)
    for (let input = 0; input < inputs; input++)
      for (let row = -above; row <= 0; row++)
        for (let col = -side; col <= right; col++) {
          const to = group(output % outputsOfGroups, outputsOfGroups);
          const from = group(input, inputs);
          const isPast = row < 0 || col < 0;
          const isOwnPixel = row === 0 && col === 0;
          const colourAllowed = mask === "A" ? from < to : from <= to;
          values[i++] = isPast || (isOwnPixel && colourAllowed) ? 1 : 0;
        }
  return { shape, values };
}

/** How far an n x n kernel reaches to each side. @throws ARGUMENT if n is even. */
function kernelSide(kernel: number): number {
  if (kernel % 2 === 0) throw expected("ARGUMENT", "an odd number", "the kernel", kernel);
  return (kernel - 1) / 2;
}

/** Of the paper's kernel what is not masked out for all channels. */
function maskShape({ outputs, kernel, isRow = false }: CausalConvOptions, inputs: number): ConvMask["shape"] {
  const half = kernelSide(kernel) + 1;
  return [outputs, inputs, isRow ? 1 : half, isRow ? half : kernel];
}
