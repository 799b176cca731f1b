/** What a pointwise primitive computes from the elements at the same place of its operands. */
type Pointwise = (a: number, b: number, c: number) => number;

/**
 * The pointwise primitives and their definitions in float64; lowerings compute them in float32. Operands broadcast as
 * in NumPy. Where possible, an interpreter of the graph has one rule for all of them, see `everyPointwise`.
 */
export const POINTWISE = {
  neg: (a) => -a,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  tanh: Math.tanh,
  sigmoid: (a) => 1 / (1 + Math.exp(-a)),
  relu: (a) => Math.max(a, 0),
  elu: (a) => (a > 0 ? a : Math.expm1(a)),
  round: roundHalfToEven,
  /** The identity; differentiation treats its value as a constant. */
  stopGradient: (a) => a,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  minimum: (a, b) => Math.min(a, b),
  maximum: (a, b) => Math.max(a, b),
  equal: (a, b) => (a === b ? 1 : 0),
  greater: (a, b) => (a > b ? 1 : 0),
  where: (condition, a, b) => (condition === 0 ? b : a),
} as const satisfies Record<string, Pointwise>;

export type PointwisePrimitive = keyof typeof POINTWISE;

export const POINTWISE_PRIMITIVES = Object.keys(POINTWISE) as readonly PointwisePrimitive[];

/** A table with the same rule for every pointwise primitive. */
export const everyPointwise = <Rule>(rule: Rule): Readonly<Record<PointwisePrimitive, Rule>> =>
  pointwiseTable(() => rule);

/** A table with a rule for every pointwise primitive, made from its name. */
export const pointwiseTable = <Rule>(
  ruleOf: (op: PointwisePrimitive) => Rule,
): Readonly<Record<PointwisePrimitive, Rule>> =>
  Object.fromEntries(POINTWISE_PRIMITIVES.map((op) => [op, ruleOf(op)])) as Record<PointwisePrimitive, Rule>;

/** Rounds to the nearest whole number, and halves to the even one, as IEEE 754 and ONNX's Round do. */
function roundHalfToEven(a: number): number {
  return Math.abs(a % 1) === 0.5 ? 2 * Math.round(a / 2) : Math.round(a);
}
