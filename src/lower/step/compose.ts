import { constantElements } from "../../graph/constant-values.ts";
import { add, constant, conv } from "../../graph/language.ts";
import { is, type Node } from "../../graph/node.ts";
import { rewriteGraph, useCounts } from "../../graph/walk.ts";
import { perChannel } from "./constants.ts";

/**
 * Turns a 1x1 convolution of a convolution, if it alone reads that one, into a single convolution where this takes
 * fewer multiply-adds: W2 (W1 x + b1) = (W2 W1) x + W2 b1. This applies to the last vertical layer of Gated PixelCNN,
 * which only the link to the horizontal stack reads.
 */
export function composeConvolutions(logits: Node): Node {
  const uses = useCounts([logits]);
  const isOwn = (node: Node | undefined) => node !== undefined && uses.get(node) === 1;

  const [composed] = rewriteGraph([logits], (node, original) => {
    const below = original.inputs[0];
    if (!is(node, "conv") || !isOwn(below)) return node;
    const isBiased = is(below!, "add") && isOwn(below.inputs[0]);
    const inner = isBiased ? node.inputs[0]!.inputs[0]! : node.inputs[0]!;
    const bias = isBiased ? perChannel(node.inputs[0]!.inputs[1]!, inner.shape[1]!) : new Float32Array(1);
    return is(inner, "conv") && bias ? (compose(node, inner, bias) ?? node) : node;
  });
  return composed!;
}

function compose(outer: Node<"conv">, inner: Node<"conv">, bias: Float32Array): Node | undefined {
  const [w2, w1] = [outer.inputs[1]!, inner.inputs[1]!];
  const [outputs, middle, ...extent] = w2.shape as [number, number, number, number];
  const [, inputs, kernelRows, kernelCols] = w1.shape as [number, number, number, number];
  const depth = inputs * kernelRows * kernelCols;
  const { pad, stride } = outer.attributes;
  const isPointwise =
    [...extent, ...stride].every((one) => one === 1) && Object.values(pad).every((padding) => padding === 0);
  const isMasked = outer.attributes.mask !== undefined || inner.attributes.mask !== undefined;
  if (!isPointwise || isMasked || depth * outputs >= depth * middle + middle * outputs) return undefined;
  const [a, b] = [constantElements(w2), constantElements(w1)];
  if (!a || !b) return undefined;
  const weights = new Float64Array(outputs * depth);
  const shift = new Float64Array(outputs);
  for (let output = 0; output < outputs; output++)
    for (let m = 0; m < middle; m++) {
      const factor = a[output * middle + m]!;
      shift[output]! += factor * (bias.length === 1 ? bias[0]! : bias[m]!);
      for (let k = 0; k < depth; k++) weights[output * depth + k]! += factor * b[m * depth + k]!;
    }
  const name = inner.name ?? outer.name;
  const options = { ...inner.attributes, ...(name !== undefined && { name }) };
  const whole = conv(inner.inputs[0]!, constant(weights, [outputs, inputs, kernelRows, kernelCols]), options);
  return add(whole, constant(shift, [1, outputs, 1, 1]));
}
