import { NextpixelError } from "../../basics/errors.ts";
import {
  add,
  broadcast,
  concat,
  constant,
  matmul,
  mul,
  pad,
  reshape,
  slice,
  transpose,
} from "../../graph/language.ts";
import { makeNode, type Node } from "../../graph/node.ts";
import type { Attributes, ConvMask, Primitive } from "../../graph/primitives.ts";
import { partOfConcat } from "./concat-parts.ts";
import type { Front } from "./fronts.ts";

/** The values of nodes on fronts. */
export interface FrontValues {
  /** On a front: [batch, positions, channels]; what is the same for all positions or pictures has one. */
  at(node: Node, front: Front): Node;
  /** Are there positions in the picture `rows` and `cols` further than those of a front? */
  isInside(front: Front, rows: number, cols: number): boolean;
  /** What is at those positions, which are of the front that `value` is asked for; 0 outside the picture. */
  moved(front: Front, rows: number, cols: number, value: (from: Front) => Node): Node;
  zeros(front: Front, channels: number): Node;
  /** Does a node depend on the state? */
  isInner(node: Node): boolean;
}

/** The value of a node on a front. */
export type FrontRule<P extends Primitive> = (node: Node<P>, front: Front, values: FrontValues) => Node;

const pointwise = (node: Node, front: Front, values: FrontValues): Node =>
  makeNode(
    node.op,
    node.inputs.map((operand) => values.at(operand, front)),
    node.attributes,
  );

/** The axis of channels is the last one here. */
const CHANNELS = 2;

/** `rule` for a primitive along the axis of channels. */
const alongChannels =
  <P extends "slice" | "pad" | "concat">(
    rule: (operands: Node[], attributes: Node<P>["attributes"]) => Node,
  ) =>
  (node: Node<P>, front: Front, values: FrontValues): Node =>
    node.attributes.axis === 1
      ? rule(
          node.inputs.map((operand) => values.at(operand, front)),
          node.attributes,
        )
      : none(node);

const overChannels = (node: Node<"sum"> | Node<"max">, front: Front, values: FrontValues): Node =>
  node.attributes.axes.length === 1 && node.attributes.axes[0] === 1
    ? makeNode(node.op, [values.at(node.inputs[0]!, front)], { axes: [CHANNELS] })
    : none(node);

const none = (node: Node): never => {
  throw new NextpixelError(
    "SCHEDULE",
    `expected a recurrence of functions of pixels and their neighbours, received a ${node.op} to ` +
      `[${node.shape.join(", ")}]${node.name === undefined ? "" : ` (at ${node.name})`}`,
  );
};

const maskedWeights = new WeakMap<ConvMask, { w: Node; masked: Node }>();

/** Weights without those that a mask leaves out; one node for all fronts. */
function masked(w: Node, mask: ConvMask): Node {
  const known = maskedWeights.get(mask);
  if (known?.w === w) return known.masked;
  const found = mul(w, constant(mask.values, mask.shape));
  maskedWeights.set(mask, { w, masked: found });
  return found;
}

/** A tap of a kernel: what it reads, relative to a position, and the matrix [inputs, outputs] that this is multiplied with. */
interface Tap {
  readonly rows: number;
  readonly cols: number;
  readonly matrix: Node;
}

/** A convolution as one product. */
const convolution =
  (tapsOf: (node: Node<"conv"> | Node<"convTranspose">, weights: Node) => readonly Tap[]) =>
  (node: Node<"conv"> | Node<"convTranspose">, front: Front, values: FrontValues): Node => {
    const [x, w] = node.inputs as [Node, Node];
    const { mask, stride } = node.attributes;
    if (values.isInner(w) || stride[0] !== 1 || stride[1] !== 1) return none(node);
    const area = w.shape[2]! * w.shape[3]!;
    const taps = tapsOf(node, mask ? masked(w, mask) : w).filter(
      ({ rows, cols }, tap) =>
        values.isInside(front, rows, cols) &&
        (!mask || mask.values.some((bit, i) => bit === 1 && i % area === tap)),
    );
    if (taps.length === 0) return values.zeros(front, node.shape[1]!);
    const outputs = node.shape[1]!;
    const isAtOnce = x.shape[1]! <= outputs || taps.length === 1;
    return (isAtOnce ? productOfReads : sumOfProducts)(x, taps, front, values);
  };

/** What the taps read side by side, times their matrices one below the other. */
function productOfReads(x: Node, taps: readonly Tap[], front: Front, values: FrontValues): Node {
  const read = ({ rows, cols }: Tap) => values.moved(front, rows, cols, (from) => values.at(x, from));
  const matrices = taps.map(({ matrix }) => matrix);
  return matmul(concat(taps.map(read), CHANNELS), concat(matrices, 0));
}

/** The same for fewer outputs than inputs: the product first, for all taps at once, since less is moved then. */
function sumOfProducts(x: Node, taps: readonly Tap[], front: Front, values: FrontValues): Node {
  const matrices = concat(
    taps.map(({ matrix }) => matrix),
    1,
  );
  const outputs = taps[0]!.matrix.shape[1]!;
  return taps
    .map(({ rows, cols }, tap) =>
      values.moved(front, rows, cols, (from) =>
        slice(matmul(values.at(x, from), matrices), CHANNELS, tap * outputs, (tap + 1) * outputs),
      ),
    )
    .reduce((sum, term) => add(sum, term));
}

/** The weights of each tap, [first axis, second axis]. */
function eachTap<T>(weights: Node, visit: (row: number, col: number, matrix: Node) => T): T[] {
  const [first, second, kernelRows, kernelCols] = weights.shape as [number, number, number, number];
  return Array.from({ length: kernelRows * kernelCols }, (_, tap) => {
    const [row, col] = [Math.floor(tap / kernelCols), tap % kernelCols];
    const own = slice(slice(weights, 2, row, row + 1), 3, col, col + 1);
    return visit(row, col, reshape(own, [first, second]));
  });
}

/** Whether a node can be computed front by front without a product: rather so than for all positions beforehand. */
export const isFrontwise = ({ op, attributes }: Node): boolean =>
  frontRules[op] === pointwise ||
  op === "shift" ||
  ((op === "slice" || op === "concat" || op === "pad") && (attributes as Attributes["concat"]).axis === 1);

export const frontRules: { readonly [P in Primitive]: FrontRule<P> } = {
  input: none,
  parameter: none,
  constant: none,
  state: none,
  recur: none,
  neg: pointwise,
  exp: pointwise,
  log: pointwise,
  sqrt: pointwise,
  abs: pointwise,
  tanh: pointwise,
  sigmoid: pointwise,
  relu: pointwise,
  elu: pointwise,
  add: pointwise,
  sub: pointwise,
  mul: pointwise,
  div: pointwise,
  minimum: pointwise,
  maximum: pointwise,
  equal: pointwise,
  greater: pointwise,
  where: pointwise,
  stopGradient: pointwise,
  reshape: none,
  transpose: none,
  broadcast: ({ inputs: [x], shape }, front, values) =>
    broadcast(values.at(x!, front), [shape[0]!, front.count, shape[1]!]),
  slice: alongChannels<"slice">(([x], { start, end }) => {
    const of = { axis: CHANNELS, start, end };
    return partOfConcat(x!, of) ?? slice(x!, CHANNELS, start, end);
  }),
  pad: alongChannels<"pad">(([x], { before, after }) => pad(x!, CHANNELS, before, after)),
  concat: alongChannels<"concat">((operands) => concat(operands, CHANNELS)),
  sum: overChannels,
  max: overChannels,
  shift: ({ inputs: [x], shape, attributes: { rows, cols } }, front, values) =>
    values.isInside(front, -rows, -cols)
      ? values.moved(front, -rows, -cols, (from) => values.at(x!, from))
      : values.zeros(front, shape[1]!),
  conv: convolution(
    (
      {
        attributes: {
          pad: { top, left },
          dilation,
        },
      },
      weights,
    ) =>
      eachTap(weights, (row, col, matrix) => ({
        rows: row * dilation[0] - top,
        cols: col * dilation[1] - left,
        matrix: transpose(matrix, [1, 0]),
      })),
  ),
  // The gradient of a position's input comes from the outputs that read it.
  convTranspose: convolution(
    (
      {
        attributes: {
          pad: { top, left },
          dilation,
        },
      },
      weights,
    ) =>
      eachTap(weights, (row, col, matrix) => ({
        rows: top - row * dilation[0],
        cols: left - col * dilation[1],
        matrix,
      })),
  ),
  convWeightGradient: none,
  softmax: none,
  attend: none,
  matmul: none,
};
