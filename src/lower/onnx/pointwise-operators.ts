import type { PointwisePrimitive } from "../../graph/pointwise.ts";

/**
 * The ONNX operators that pointwise primitives are, in order of their operands. Of the others `expand.ts` makes simpler ones, or
 * `rules.ts` has a rule.
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
