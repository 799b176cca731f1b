import { sameShape } from "../../graph/shapes.ts";
import { is, type Node } from "../../graph/node.ts";
import type { Shape } from "../../graph/primitives.ts";
import { blockedWeights } from "./blocked-weights.ts";
import type { FusedConvolution, PlainConvolution } from "./fusion.ts";
import type { OnnxLowering } from "./lowering.ts";
import { POINTWISE_OPERATORS } from "./pointwise-operators.ts";

// What can be computed on fields in blocks of channels, see blocked-layout.ts.

const isField = (shape: Shape) => shape.length === 4;
const hasWholeBlocks = (channels: number, { block }: OnnxLowering) =>
  block !== undefined && channels % block === 0;

/** The convolution in blocked form, with what is fused into it; undefined if it has no such form. */
export function blockedConvolution(
  plain: PlainConvolution,
  { bias, sum, relu }: FusedConvolution,
  lowering: OnnxLowering,
): string | undefined {
  const { block, model } = lowering;
  const { x, inputs, outputs, pads, stride, dilation } = plain;
  if (block === undefined || !hasWholeBlocks(inputs, lowering) || !hasWholeBlocks(outputs, lowering))
    return undefined;
  if (pads.some((size) => size < 0)) return undefined;
  // An operand that is left out, but followed by another one, has an empty name.
  const biasName = bias ? model.node("Reshape", [lowering.value(bias), model.integers([outputs])], {}) : "";
  const operands = [
    lowering.blocked(x),
    blockedWeights(plain, block, lowering),
    ...(bias || sum ? [biasName] : []),
    ...(sum ? [lowering.blocked(sum)] : []),
  ];
  const activation = relu ? ({ activation: "Relu" } as const) : {};
  return model.node("nchwc.Conv", operands, { pads, strides: stride, dilations: dilation, ...activation });
}

/** The node's value in blocked form, if an operand already has that form and the primitive can be computed in it. */
export function blockedRule(node: Node, lowering: OnnxLowering): string | undefined {
  const { model } = lowering;
  if (!isField(node.shape) || !hasWholeBlocks(node.shape[1]!, lowering)) return undefined;
  if (!node.inputs.some((operand) => lowering.isBlocked(operand))) return undefined;
  const isScalar = ({ shape }: Node) => shape.every((size) => size === 1);
  const isPointwise = (op: string): op is keyof typeof POINTWISE_OPERATORS =>
    Object.hasOwn(POINTWISE_OPERATORS, op);
  if (
    isPointwise(node.op) &&
    node.inputs.every((operand) => isScalar(operand) || sameShape(operand.shape, node.shape))
  ) {
    const operands = node.inputs.map((operand) =>
      isScalar(operand) ? lowering.value(operand) : lowering.blocked(operand),
    );
    return model.node(POINTWISE_OPERATORS[node.op], operands, {});
  }
  const wholeBlocks = node.inputs.every(({ shape }) => hasWholeBlocks(shape[1]!, lowering));
  if (!wholeBlocks) return undefined;
  if (is(node, "slice")) {
    const { axis, start, end } = node.attributes;
    if (axis === 2) return byRows(node, lowering, ([x]) => model.slice(x!, axis, start, end));
    if (axis !== 1 || !hasWholeBlocks(start, lowering)) return undefined;
    return model.slice(lowering.blocked(node.inputs[0]!), axis, start, end);
  }
  if (is(node, "concat")) {
    const { axis } = node.attributes;
    if (axis === 2) return byRows(node, lowering, (rows) => model.node("Concat", rows, { axis }));
    if (axis === 1) return model.node("Concat", node.inputs.map(lowering.blocked), { axis });
  }
  return undefined;
}

/** An operation on whole rows, which in memory are [batch, blocks, rows, cols x block]. */
function byRows(
  node: Node,
  { model, block, blocked }: OnnxLowering,
  operation: (operands: string[]) => string,
): string {
  const inRows = node.inputs.map((operand) => {
    const [batch, channels, rows, cols] = operand.shape as [number, number, number, number];
    const shape = [batch, channels / block!, rows, cols * block!];
    return model.node("Reshape", [blocked(operand), model.integers(shape)], {});
  });
  return model.node("Reshape", [operation(inRows), model.integers(node.shape)], {});
}
