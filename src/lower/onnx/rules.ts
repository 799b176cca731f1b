import type { Node } from "../../graph/node.ts";
import { everyPointwise } from "../../graph/pointwise.ts";
import type { Primitive } from "../../graph/primitives.ts";
import { convWeightGradient } from "./weight-gradient.ts";
import { padded, type OnnxLowering, type OnnxRule } from "./lowering.ts";
import { POINTWISE_OPERATORS } from "./pointwise-operators.ts";

/** A primitive that is an ONNX operator by another name. */
const pointwise = ({ op, inputs }: Node, { model, value }: OnnxLowering): string =>
  model.node(POINTWISE_OPERATORS[op as keyof typeof POINTWISE_OPERATORS], inputs.map(value), {});

const leaf = (
  { attributes: { name, shape } }: Node<"input"> | Node<"parameter">,
  { model }: OnnxLowering,
): string => {
  model.input(name, shape);
  return name;
};

/** `size` at position `axis` of a list of `rank` zeros. */
const along = (axis: number, rank: number, size: number) =>
  Array.from({ length: rank }, (_, i) => (i === axis ? size : 0));

/** `convolution` lowers these, together with what is fused into them. */
export type FusedPrimitive = "conv" | "convTranspose";
/** There are none of these left, see unroll.ts. */
export type UnrolledPrimitive = "recur" | "state";
/** Nor of these, see expand.ts. */
export type ExpandedPrimitive = "elu" | "attend";

export const onnxRules = {
  input: leaf,
  parameter: leaf,
  constant: ({ attributes: { data, shape } }, { model }) => model.floats(data, shape),
  ...everyPointwise(pointwise),
  stopGradient: ({ inputs: [x] }, { value }) => value(x!),
  where: ({ inputs: [c, a, b] }, { model, value, condition }) =>
    model.node("Where", [condition(c!), value(a!), value(b!)], {}),
  reshape: ({ inputs: [x], shape }, { model, value }) =>
    model.node("Reshape", [value(x!), model.integers(shape)], {}),
  transpose: ({ inputs: [x], attributes: { permutation } }, { model, value }) =>
    model.node("Transpose", [value(x!)], { perm: permutation }),
  broadcast: ({ inputs: [x], shape }, { model, value }) =>
    model.node("Expand", [value(x!), model.integers(shape)], {}),
  slice: ({ inputs: [x], attributes: { axis, start, end } }, { model, value }) =>
    model.slice(value(x!), axis, start, end),
  pad: ({ inputs: [x], shape, attributes: { axis, before, after } }, lowering) =>
    padded(lowering, lowering.value(x!), along(axis, shape.length, before), along(axis, shape.length, after)),
  concat: ({ inputs, attributes: { axis } }, { model, value }) =>
    model.node("Concat", inputs.map(value), { axis }),
  sum: ({ inputs: [x], attributes: { axes } }, { model, value }) =>
    model.node("ReduceSum", [value(x!), model.integers(axes)], { keepdims: 1 }),
  max: ({ inputs: [x], attributes: { axes } }, { model, value }) =>
    model.node("ReduceMax", [value(x!)], { axes, keepdims: 1 }),
  softmax: ({ inputs: [x] }, { model, value }) => model.node("Softmax", [value(x!)], { axis: -1 }),
  shift: ({ inputs: [x], attributes: { rows, cols } }, lowering) =>
    padded(lowering, lowering.value(x!), [0, 0, rows, cols], [0, 0, -rows, -cols]),
  convWeightGradient,
  matmul: ({ inputs }, { model, value }) => model.node("MatMul", inputs.map(value), {}),
} satisfies {
  readonly [P in Exclude<Primitive, FusedPrimitive | UnrolledPrimitive | ExpandedPrimitive>]: OnnxRule<P>;
};
