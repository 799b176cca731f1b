import type { PointwisePrimitive } from "../../graph/pointwise.ts";

/**
 * The ONNX operators of pointwise primitives, which take the same operands in the same order. The other pointwise
 * primitives are replaced by simpler ones in `expand.ts`, or have a rule in `rules.ts`.
 */
export const POINTWISE_OPERATORS = {
  neg: "Neg",
  exp: "Exp",
  log: "Log",
  sqrt: "Sqrt",
  abs: "Abs",
  tanh: "Tanh",
  sigmoid: "Sigmoid",
  relu: "Relu",
  round: "Round",
  add: "Add",
  sub: "Sub",
  mul: "Mul",
  div: "Div",
  minimum: "Min",
  maximum: "Max",
  equal: "Equal",
  greater: "Greater",
} as const satisfies {
  readonly [P in Exclude<PointwisePrimitive, "elu" | "where" | "stopGradient">]: string;
};
