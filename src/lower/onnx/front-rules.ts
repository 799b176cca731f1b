import { broadcast, concat, pad } from "../../graph/language.ts";
import { makeNode, type Node } from "../../graph/node.ts";
import { everyPointwise } from "../../graph/pointwise.ts";
import type { Attributes, Primitive } from "../../graph/primitives.ts";
import { noFrontRule, type FrontRule, type FrontValues } from "./front-values.ts";
import type { Front } from "./fronts.ts";
import { partOf } from "./parts.ts";

const pointwise = (node: Node, front: Front, values: FrontValues): Node =>
  makeNode(
    node.op,
    node.inputs.map((operand) => values.at(operand, front)),
    node.attributes,
  );

/** `rule` for a primitive along the axis of channels. */
const alongChannels =
  <P extends "slice" | "pad" | "concat">(
    rule: (operands: Node[], axis: number, attributes: Node<P>["attributes"]) => Node,
  ) =>
  (node: Node<P>, front: Front, values: FrontValues): Node =>
    node.attributes.axis === 1
      ? rule(
          node.inputs.map((operand) => values.at(operand, front)),
          values.layout.channels,
          node.attributes,
        )
      : noFrontRule(node);

const overChannels = (node: Node<"sum"> | Node<"max">, front: Front, values: FrontValues): Node =>
  node.attributes.axes.length === 1 && node.attributes.axes[0] === 1
    ? makeNode(node.op, [values.at(node.inputs[0]!, front)], { axes: [values.layout.channels] })
    : noFrontRule(node);

/**
 * Whether a node can be computed front by front without products. If so, it is not computed for all positions
 * beforehand.
 */
export const isFrontwise = ({ op, attributes }: Node): boolean =>
  frontRules[op] === pointwise ||
  op === "shift" ||
  ((op === "slice" || op === "concat" || op === "pad") && (attributes as Attributes["concat"]).axis === 1);

export const frontRules: { readonly [P in Primitive]: FrontRule<P> } = {
  input: noFrontRule,
  parameter: noFrontRule,
  constant: noFrontRule,
  state: noFrontRule,
  recur: noFrontRule,
  ...everyPointwise(pointwise),
  reshape: noFrontRule,
  transpose: noFrontRule,
  broadcast: ({ inputs: [x], shape }, front, values) =>
    broadcast(values.at(x!, front), values.layout.shape(shape[0]!, shape[1]!, front.count)),
  slice: alongChannels<"slice">(([x], axis, { start, end }) => partOf(x!, { axis, start, end })),
  pad: alongChannels<"pad">(([x], axis, { before, after }) => pad(x!, axis, before, after)),
  concat: alongChannels<"concat">((operands, axis) => concat(operands, axis)),
  sum: overChannels,
  max: overChannels,
  shift: ({ inputs: [x], shape, attributes: { rows, cols } }, front, values) =>
    values.isInside(front, -rows, -cols)
      ? values.moved(front, -rows, -cols, (from) => values.at(x!, from))
      : values.zeros(front, shape[1]!),
  conv: (node, front, values) => values.layout.convolution(node, front, values),
  convTranspose: (node, front, values) => values.layout.convolution(node, front, values),
  convWeightGradient: noFrontRule,
  softmax: noFrontRule,
  attend: noFrontRule,
  matmul: noFrontRule,
};
