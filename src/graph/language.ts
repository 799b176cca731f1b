import { type Node, makeNode } from "./node.ts";
import type { AttendedKeys, ConvAttributes, ConvMask, Shape } from "./primitives.ts";
import { sameShape, sizeOf } from "./shapes.ts";

// The language in which networks are written. No function here does arithmetic: each checks its operands' shapes
// and returns a node. All throw a SHAPE error that names the node and what was expected.

/** A node, or a number that stands for a constant scalar. */
export type Operand = Node | number;

/** What is fed in at every run: pictures, labels, a learning rate. */
export const input = (name: string, shape: Shape): Node<"input"> =>
  makeNode("input", [], { name, shape }, name);

/** What is learnt. */
export const parameter = (name: string, shape: Shape): Node<"parameter"> =>
  makeNode("parameter", [], { name, shape }, name);

/** Numbers that are part of the program, in row-major order. */
export const constant = (data: ArrayLike<number>, shape: Shape = [data.length]): Node<"constant"> =>
  makeNode("constant", [], { data: Float64Array.from(data), shape });

const operand = (value: Operand): Node => (typeof value === "number" ? constant([value], []) : value);

export const neg = (x: Node): Node => makeNode("neg", [x], {});
export const exp = (x: Node): Node => makeNode("exp", [x], {});
export const log = (x: Node): Node => makeNode("log", [x], {});
export const sqrt = (x: Node): Node => makeNode("sqrt", [x], {});
export const abs = (x: Node): Node => makeNode("abs", [x], {});
export const tanh = (x: Node): Node => makeNode("tanh", [x], {});
export const sigmoid = (x: Node): Node => makeNode("sigmoid", [x], {});
export const relu = (x: Node): Node => makeNode("relu", [x], {});
/** x where x > 0, else e^x - 1. */
export const elu = (x: Node): Node => makeNode("elu", [x], {});
/**
 * x rounded to whole numbers, halves to the even one. Its derivative is 0; with the derivative of x in its place (the
 * straight-through estimator) it is add(x, stopGradient(sub(round(x), x))).
 */
export const round = (x: Node): Node => makeNode("round", [x], {});
/** x itself, taken as a constant by differentiation. */
export const stopGradient = (x: Node): Node => makeNode("stopGradient", [x], {});

export const add = (a: Operand, b: Operand): Node => makeNode("add", [operand(a), operand(b)], {});
export const sub = (a: Operand, b: Operand): Node => makeNode("sub", [operand(a), operand(b)], {});
export const mul = (a: Operand, b: Operand): Node => makeNode("mul", [operand(a), operand(b)], {});
export const div = (a: Operand, b: Operand): Node => makeNode("div", [operand(a), operand(b)], {});
export const minimum = (a: Operand, b: Operand): Node => makeNode("minimum", [operand(a), operand(b)], {});
export const maximum = (a: Operand, b: Operand): Node => makeNode("maximum", [operand(a), operand(b)], {});
/** 1 where a = b, else 0. */
export const equal = (a: Operand, b: Operand): Node => makeNode("equal", [operand(a), operand(b)], {});
/** 1 where a > b, else 0. */
export const greater = (a: Operand, b: Operand): Node => makeNode("greater", [operand(a), operand(b)], {});
/** a where the condition is not 0, else b. */
export const where = (condition: Node, a: Operand, b: Operand): Node =>
  makeNode("where", [condition, operand(a), operand(b)], {});

/** The same elements in row-major order under another shape. */
export const reshape = (x: Node, shape: Shape): Node =>
  sameShape(x.shape, shape) ? x : makeNode("reshape", [x], { shape });
/** Axis i of the result is axis permutation[i] of x. */
export const transpose = (x: Node, permutation: readonly number[]): Node =>
  makeNode("transpose", [x], { permutation });
/** x repeated along new axes and axes of size 1. */
export const broadcast = (x: Node, shape: Shape): Node =>
  sameShape(x.shape, shape) ? x : makeNode("broadcast", [x], { shape });
/** Indices start .. end-1 of one axis. */
export const slice = (x: Node, axis: number, start: number, end: number): Node =>
  start === 0 && end === x.shape[axis] ? x : makeNode("slice", [x], { axis, start, end });
/** Zeros before and after along one axis. */
export const pad = (x: Node, axis: number, before: number, after: number): Node =>
  before === 0 && after === 0 ? x : makeNode("pad", [x], { axis, before, after });
/** One after the other along one axis. */
export const concat = (inputs: readonly Node[], axis: number): Node =>
  inputs.length === 1 ? inputs[0]! : makeNode("concat", inputs, { axis });

/** Sum over the given axes (all by default), which stay with size 1. */
export const sum = (x: Node, axes: readonly number[] = x.shape.map((_, axis) => axis)): Node =>
  axes.length === 0 ? x : makeNode("sum", [x], { axes });
/** Largest element over the given axes, which stay with size 1. */
export const max = (x: Node, axes: readonly number[]): Node => makeNode("max", [x], { axes });
/** e^x over the sum of e^x along the last axis. */
export const softmax = (x: Node): Node => makeNode("softmax", [x], {});
/**
 * log(e^x_1 + e^x_2 + ..) over the given axes, which stay with size 1. The largest element is subtracted first, so that
 * nothing overflows.
 */
export function logSumExp(x: Node, axes: readonly number[]): Node {
  const largest = stopGradient(max(x, axes));
  return add(log(sum(exp(sub(x, largest)), axes)), largest);
}
/** Mean over the given axes (all by default), which stay with size 1. */
export function mean(x: Node, axes?: readonly number[]): Node {
  const total = sum(x, axes);
  return div(total, sizeOf(x.shape) / sizeOf(total.shape));
}

/** A field moved down by `rows` and right by `cols` (negative: up, left); zeros come in. */
export const shift = (x: Node, rows: number, cols: number): Node =>
  rows === 0 && cols === 0 ? x : makeNode("shift", [x], { rows, cols });

export interface ConvOptions {
  readonly pad?: Partial<ConvAttributes["pad"]>;
  readonly stride?: readonly [number, number];
  readonly dilation?: readonly [number, number];
  readonly mask?: ConvMask | undefined;
  readonly name?: string;
}

/**
 * Convolution (cross-correlation) of a field [batch, I, rows, cols] with weights [O, I, kernel rows, kernel cols]. The
 * padding is zeros, per side, 0 by default: a causal convolution is a small kernel padded at the top and left. With a
 * stride s, position (r, c) of the smaller result stands where (r s, c s) of x does.
 */
export function conv(x: Node, weights: Node, options: ConvOptions = {}): Node {
  return makeNode("conv", [x, weights], convAttributes(options), options.name);
}

const convAttributes = ({ pad, stride, dilation, mask }: ConvOptions): ConvAttributes => ({
  pad: { top: 0, left: 0, bottom: 0, right: 0, ...pad },
  stride: stride ?? [1, 1],
  dilation: dilation ?? [1, 1],
  mask,
});

export interface TransposedConvOptions extends ConvOptions {
  /** Rows and columns of the result. By default so many times those of `x` as the stride is. */
  readonly size?: readonly [number, number];
}

/**
 * Transposed convolution, which leads from a smaller field to a larger one: of a field [batch, I, rows, cols] with
 * weights [I, O, kernel rows, kernel cols], it is what turns back the shape of a `conv` with the same options. Position
 * (r, c) of x is spread to the positions (r * stride + y - pad.top, c * stride + x - pad.left) of the result.
 */
export function convTranspose(x: Node, weights: Node, options: TransposedConvOptions = {}): Node {
  const attributes = convAttributes(options);
  const [, , rows, cols] = x.shape as [number, number, number, number];
  const size = options.size ?? [rows * attributes.stride[0], cols * attributes.stride[1]];
  return makeNode("convTranspose", [x, weights], { ...attributes, size }, options.name);
}

/**
 * States of a recurrent network: at each position they are computed from the states at other positions. `body` gets
 * fields of the given shapes, reads them at other positions (through shifts and convolutions), and returns the new
 * values, of the same shapes. Outside the picture states are 0. The order of computation is found from what is read,
 * see `orderOf`.
 */
export function recur(shapes: readonly Shape[], body: (states: readonly Node[]) => readonly Node[]): Node[] {
  const channels = shapes.map((shape) => shape[1]!);
  const total = channels.reduce((sum, count) => sum + count, 0);
  const state = makeNode("state", [], { shape: shapes[0]!.with(1, total) });
  const split = (joined: Node) => {
    let end = 0;
    return channels.map((count) => slice(joined, 1, end, (end += count)));
  };
  return split(makeNode("recur", [concat(body(split(state)), 1), state], {}));
}

/**
 * Attention to earlier positions in raster order: position i of the result is the mean of the values v_j over j < i
 * (`keys` "upTo": j <= i), weighted by softmax over j of q_i . k_j. Queries and keys are [batch, d, rows, cols], values
 * and result [batch, e, rows, cols]. There is no scale: scale the queries. A position with nothing before it gets 0.
 */
export const attend = (q: Node, k: Node, v: Node, keys: AttendedKeys = "before"): Node =>
  makeNode("attend", [q, k, v], { keys });

/** Matrix product over the last two axes; the axes before them broadcast. */
export const matmul = (a: Node, b: Node): Node => makeNode("matmul", [a, b], {});

/** x with its last two axes exchanged. */
export function transposeLastTwo(x: Node): Node {
  const rank = x.shape.length;
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), rank - 1, rank - 2]);
}
