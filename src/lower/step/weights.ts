import { constantElements } from "../../graph/constant-values.ts";
import type { Node } from "../../graph/node.ts";
import { cannotStep } from "./times.ts";

/**
 * The weights of a convolution by output, input and tap, where masked ones are 0. @throws SCHEDULE if they are not
 * fixed
 */
export function weightsOf(
  conv: Node<"conv"> | Node<"convTranspose">,
): (output: number, input: number, tap: number) => number {
  const w = conv.inputs[1]!;
  const elements = constantElements(w);
  if (!elements) throw cannotStep(conv, "has weights that depend on the picture");
  const { mask } = conv.attributes;
  const indexOf = weightIndex(conv);
  return (output, input, tap) => {
    const i = indexOf(output, input, tap);
    return mask?.values[i] === 0 ? 0 : elements[i]!;
  };
}

/**
 * Where a weight is in [outputs, inputs, kernel rows, kernel cols], or, of a transposed convolution, [inputs, outputs,
 * ..].
 */
export function weightIndex({
  op,
  inputs: [, w],
}: Node<"conv"> | Node<"convTranspose">): (output: number, input: number, tap: number) => number {
  const [, second, kernelRows, kernelCols] = w!.shape as [number, number, number, number];
  const taps = kernelRows * kernelCols;
  return op === "conv"
    ? (output, input, tap) => (output * second + input) * taps + tap
    : (output, input, tap) => (input * second + output) * taps + tap;
}

/**
 * The bias of outputs start .. end-1; one value stands for all. Never -0, to which it makes a difference whether a
 * masked product, which is 0, is added or left out.
 */
export const biasOf = (
  { bias }: { readonly bias: Float32Array | undefined },
  start: number,
  end: number,
): Float32Array =>
  Float32Array.from({ length: end - start }, (_, i) =>
    bias === undefined ? 0 : (bias.length === 1 ? bias[0]! : bias[start + i]!) + 0,
  );
