import type { Node, Shape } from "../../graph/node.ts";
import { sameShape } from "../../graph/shapes.ts";
import type { Convolution } from "./fusion.ts";
import type { Lowering } from "./lowering.ts";
import { OnnxModelWriter } from "./model-writer.ts";

/*
 * ONNX Runtime's fastest convolutions on the CPU work on blocks of channels: of a field [batch, channels, rows, cols]
 * memory holds, pixel after pixel, 8 or 16 channels (as many as a vector register has room for) side by side, then the
 * next block. The runtime brings fields into that form by itself only where weights are constant, which they are not
 * in training; so we name its operators ourselves. Its name for a blocked field keeps the shape of the plain one, and
 * therefore whatever goes element by element, or takes whole blocks, works on it unchanged.
 *
 * How large a block is depends on the machine: `openSession` asks the runtime (`blockProbe`). Where it has no such
 * operators (browsers, GPUs, plain SSE), programs are lowered without.
 */

export const toBlocked = (model: OnnxModelWriter, plain: string): string =>
  model.node("nchwc.ReorderInput", [plain], { channels_last: 0 });

export const toPlain = (model: OnnxModelWriter, blocked: string, shape: Shape): string =>
  model.node("nchwc.ReorderOutput", [blocked], { channels: shape[1]!, channels_last: 0 });

const PROBE_SHAPE: Shape = [1, 64, 1, 2];

/** A program whose output tells the size of a block: fed with 0, 1, 2, .. it gives them in blocked order. */
export const blockProbe = {
  input: Float32Array.from({ length: 128 }, (_, i) => i),
  shape: PROBE_SHAPE,

  model(): Uint8Array {
    const model = new OnnxModelWriter("block probe");
    model.input("plain", PROBE_SHAPE);
    model.node("nchwc.ReorderInput", ["plain"], { channels_last: 0 }, "blocked");
    model.output("blocked", PROBE_SHAPE);
    return model.finish();
  },

  /** The second pixel of channel 0 stands behind the first block. Undefined if channels are not blocked. */
  blockSize(output: Float32Array): number | undefined {
    const size = output.indexOf(1);
    return size === 8 || size === 16 || size === 32 ? size : undefined;
  },
} as const;

const isField = (shape: Shape) => shape.length === 4;
const hasWholeBlocks = (channels: number, { block }: Lowering) =>
  block !== undefined && channels % block === 0;

/** The convolution in blocked form, with what is fused into it; undefined if its channels are not whole blocks. */
export function blockedConvolution(
  fused: Convolution,
  weights: string,
  lowering: Lowering,
): string | undefined {
  const { block, model } = lowering;
  const { x, inputs, outputs, kernel } = fused;
  if (block === undefined || !hasWholeBlocks(inputs, lowering) || !hasWholeBlocks(outputs, lowering))
    return undefined;
  // [O, I, kh, kw] -> [O / b, I / b, kh, kw, b of I, b of O]
  const split = [outputs / block, block, inputs / block, block, ...kernel];
  const apart = model.node("Reshape", [weights, model.integers(split)], {});
  const ordered = model.node("Transpose", [apart], { perm: [0, 2, 4, 5, 3, 1] });
  const packed = model.node("Reshape", [ordered, model.integers([outputs, inputs, ...kernel])], {});
  const operands = [lowering.blocked(x), packed];
  if (fused.bias || fused.sum) {
    operands.push(
      fused.bias ? model.node("Reshape", [lowering.value(fused.bias), model.integers([outputs])], {}) : "",
    );
  }
  if (fused.sum) operands.push(lowering.blocked(fused.sum));
  return model.node("nchwc.Conv", operands, {
    pads: fused.pads,
    strides: fused.stride,
    dilations: fused.dilation,
    ...(fused.relu && { activation: "Relu" }),
  });
}

const POINTWISE = {
  neg: "Neg",
  exp: "Exp",
  log: "Log",
  sqrt: "Sqrt",
  abs: "Abs",
  tanh: "Tanh",
  sigmoid: "Sigmoid",
  relu: "Relu",
  add: "Add",
  sub: "Sub",
  mul: "Mul",
  div: "Div",
  minimum: "Min",
  maximum: "Max",
} as const;

/** The node's value computed in blocked form, if its operands are at hand in it and the primitive allows it. */
export function blockedRule(node: Node, lowering: Lowering): string | undefined {
  const { model } = lowering;
  if (!isField(node.shape) || !hasWholeBlocks(node.shape[1]!, lowering)) return undefined;
  if (!node.inputs.some((operand) => lowering.isBlocked(operand))) return undefined;
  const isScalar = ({ shape }: Node) => shape.every((size) => size === 1);
  const isPointwise = (op: string): op is keyof typeof POINTWISE => Object.hasOwn(POINTWISE, op);
  if (
    isPointwise(node.op) &&
    node.inputs.every((operand) => isScalar(operand) || sameShape(operand.shape, node.shape))
  ) {
    const operands = node.inputs.map((operand) =>
      isScalar(operand) ? lowering.value(operand) : lowering.blocked(operand),
    );
    return model.node(POINTWISE[node.op], operands, {});
  }
  const wholeBlocks = node.inputs.every(({ shape }) => hasWholeBlocks(shape[1]!, lowering));
  if (node.op === "slice" && wholeBlocks) {
    const { axis, start, end } = (node as Node<"slice">).attributes;
    if (axis !== 1 || !hasWholeBlocks(start, lowering)) return undefined;
    return model.slice(lowering.blocked(node.inputs[0]!), axis, start, end);
  }
  if (node.op === "concat" && wholeBlocks && (node as Node<"concat">).attributes.axis === 1) {
    return model.node("Concat", node.inputs.map(lowering.blocked), { axis: 1 });
  }
  return undefined;
}
