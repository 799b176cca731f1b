import type { Node } from "../../graph/node.ts";
import { pointwiseTable } from "../../graph/pointwise.ts";
import type { Primitive } from "../../graph/primitives.ts";
import { perChannel } from "./constants.ts";
import { here, part, pieces, within, type Lowering, type View } from "./lowering.ts";
import type { Operand, PointwiseOperation } from "./program.ts";
import { cannotStep, timeAt } from "./times.ts";

/** Writes how a node is computed, and tells where its value is. */
export type StepRule<P extends Primitive> = (node: Node<P>, lowering: Lowering) => View;

/** f of operands at the same position, or, for a shift, at another. */
function pointwise(operation: PointwiseOperation, rows = 0, cols = 0) {
  return (node: Node, lowering: Lowering): View => {
    const channels = node.shape[1]!;
    const out = lowering.field(node);
    const views = node.inputs.map((operand) => perChannel(operand, channels) ?? lowering.view(operand, node));
    const isWide = (view: View | Float32Array): view is View =>
      !(view instanceof Float32Array) && channelsOf(view) === channels;
    for (const { start, end, time } of pieces(lowering.times(node), channels, ...views.filter(isWide))) {
      const operands = views.map((view): Operand => {
        if (view instanceof Float32Array) {
          return { values: view.length === 1 ? view : view.subarray(start, end) };
        }
        return { ...(isWide(view) ? part(view, start, end) : view[0]!), rows, cols };
      });
      lowering.emit(time, { kernel: "pointwise", operation, out: part([out], start, end), operands });
    }
    return [out];
  };
}

const channelsOf = (view: View) => view.reduce((total, { channels }) => total + channels, 0);

const overChannels =
  (kernel: "sum" | "largest") =>
  (node: Node, lowering: Lowering): View => {
    const [x] = node.inputs as [Node];
    const out = lowering.field(node);
    const whole = lowering.joined(x);
    lowering.emit(timeAt(lowering.times(node), 0), { kernel, out, x: whole });
    return [out];
  };

const none = (node: Node): never => {
  throw cannotStep(node, "has no incremental rule");
};

export const stepRules: { readonly [P in Primitive]: StepRule<P> } = {
  // constants and inputs are laid out for those who read them, see Lowering.view
  input: none,
  parameter: none,
  constant: none,
  ...pointwiseTable((op) => pointwise(op === "stopGradient" ? "copy" : op)),
  stopGradient: ({ inputs: [x] }, lowering) => lowering.view(x!, x!),
  broadcast: pointwise("copy"),
  reshape: none,
  transpose: none,
  slice: ({ inputs: [x], attributes: { start, end } }, lowering) => within(lowering.view(x!, x!), start, end),
  pad: (node, lowering) => {
    const { before } = node.attributes;
    const [x] = node.inputs as [Node];
    const out = lowering.field(node);
    const view = lowering.view(x, node);
    for (const { start, end, time } of pieces(lowering.times(x), x.shape[1]!, view)) {
      lowering.emit(time, {
        kernel: "pointwise",
        operation: "copy",
        out: part([out], before + start, before + end),
        operands: [here(part(view, start, end))],
      });
    }
    return [out];
  },
  concat: (node, lowering) => node.inputs.flatMap((operand) => lowering.view(operand, node)),
  sum: overChannels("sum"),
  max: overChannels("largest"),
  softmax: none,
  attend: (node, lowering) => {
    const [q, k, v] = node.inputs as [Node, Node, Node];
    const out = lowering.field(node);
    const [query, keys, values] = [lowering.joined(q), lowering.remembered(k), lowering.remembered(v)];
    for (const { start, end, time } of pieces(lowering.times(node), out.channels)) {
      const [own, attended] = [part([values], start, end), node.attributes.keys];
      lowering.emit(time, {
        kernel: "attend",
        name: node.name ?? "attention",
        out: part([out], start, end),
        q: query,
        keys,
        values: own,
        attended,
      });
    }
    return [out];
  },
  shift: (node, lowering) => {
    const { rows, cols } = node.attributes;
    return pointwise("copy", -rows, -cols)(node, lowering);
  },
  // every convolution is part of a fusion, if only of itself
  conv: none,
  convTranspose: none,
  state: (node, lowering) => [lowering.field(node)],
  recur: (node, lowering) => {
    const [body, state] = node.inputs as [Node, Node];
    const [out, view] = [lowering.view(state, node), lowering.view(body, node)];
    for (const { start, end, time } of pieces(lowering.times(node), node.shape[1]!, view)) {
      const operands = [here(part(view, start, end))];
      lowering.emit(time, { kernel: "pointwise", operation: "copy", out: part(out, start, end), operands });
    }
    return out;
  },
  convWeightGradient: none,
  matmul: none,
};
