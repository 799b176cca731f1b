import type { Node } from "../../graph/node.ts";
import { pointwiseTable } from "../../graph/pointwise.ts";
import type { Primitive } from "../../graph/primitives.ts";
import { perChannel } from "./constants.ts";
import { here, part, pieces, within, type Lowering, type View } from "./lowering.ts";
import type { Operand, PointwiseOperation } from "./program.ts";
import { cannotStep, ROW, timeAt } from "./times.ts";

/** Writes how a node is computed, and tells where its value is. */
export type StepRule<P extends Primitive> = (node: Node<P>, lowering: Lowering) => View;

/** f of operands at the same position, or, for a shift, at another. */
function pointwise(operation: PointwiseOperation, rows = 0, cols = 0) {
  return (node: Node, lowering: Lowering): View => {
    const channels = node.shape[1]!;
    const out = lowering.field(channels);
    const views = node.inputs.map((operand) => perChannel(operand, channels) ?? lowering.view(operand));
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
    const out = lowering.field(1);
    const whole = lowering.joined(lowering.view(x), lowering.times(x));
    lowering.emit(timeAt(lowering.times(node), 0), { kernel, out, x: whole });
    return [out];
  };

const none = (node: Node): never => {
  throw cannotStep(node, "has no incremental rule");
};

export const stepRules: { readonly [P in Primitive]: StepRule<P> } = {
  input: (node, lowering) => {
    const values = lowering.classValues.get(node) ?? none(node);
    const out = lowering.field(node.shape[1]!);
    lowering.emit(ROW, { kernel: "class", out, values });
    return [out];
  },
  parameter: none,
  constant: none, // read where it is used, see Lowering.view
  ...pointwiseTable((op) => pointwise(op === "stopGradient" ? "copy" : op)),
  stopGradient: ({ inputs: [x] }, lowering) => lowering.view(x!),
  broadcast: pointwise("copy"),
  reshape: none,
  transpose: none,
  slice: ({ inputs: [x], attributes: { start, end } }, lowering) => within(lowering.view(x!), start, end),
  pad: (node, lowering) => {
    const { before } = node.attributes;
    const [x] = node.inputs as [Node];
    const out = lowering.field(node.shape[1]!);
    const view = lowering.view(x);
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
  concat: ({ inputs }, lowering) => inputs.flatMap((operand) => lowering.view(operand)),
  sum: overChannels("sum"),
  max: overChannels("largest"),
  softmax: none,
  attend: (node, lowering) => {
    const [q, k, v] = node.inputs as [Node, Node, Node];
    const out = lowering.field(node.shape[1]!);
    const query = lowering.joined(lowering.view(q), lowering.times(q));
    const keys = lowering.remembered(lowering.view(k), lowering.times(k));
    const values = lowering.remembered(lowering.view(v), lowering.times(v));
    for (const { start, end, time } of pieces(lowering.times(node), out.channels)) {
      const [own, attended] = [part([values], start, end), node.attributes.keys];
      lowering.emit(time, {
        kernel: "attend",
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
  conv: none, // every convolution is part of a fusion, if only of itself
  state: ({ shape }, lowering) => [lowering.field(shape[1]!)],
  recur: (node, lowering) => {
    const [body, state] = node.inputs as [Node, Node];
    const [out, view] = [lowering.view(state), lowering.view(body)];
    for (const { start, end, time } of pieces(lowering.times(node), node.shape[1]!, view)) {
      const operands = [here(part(view, start, end))];
      lowering.emit(time, { kernel: "pointwise", operation: "copy", out: part(out, start, end), operands });
    }
    return out;
  },
  convTranspose: none,
  convWeightGradient: none,
  matmul: none,
};
