import { NextpixelError } from "../basics/errors.ts";
import { add, concat, constant, broadcast, recur, slice } from "../graph/language.ts";
import { type Node, is, makeNode } from "../graph/node.ts";
import type { Attributes, Primitive } from "../graph/primitives.ts";
import { innerNodes } from "../graph/recurrence.ts";
import { orderOf } from "../graph/recurrence-order.ts";
import { analyseCausality } from "../graph/causality.ts";
import { sizeOf } from "../graph/shapes.ts";
import { rewriteGraph, topologicalOrder } from "../graph/walk.ts";
import { vjpRules, type Vjp } from "./vjp.ts";

/**
 * Derivatives of `loss` (one element) with respect to each node of `wrt`, by one walk from the loss backwards
 * (reverse mode). A node on which the loss does not depend has the derivative 0.
 */
export function gradients(loss: Node, wrt: readonly Node[]): Node[] {
  if (sizeOf(loss.shape) !== 1) {
    throw new NextpixelError(
      "SHAPE",
      `gradients: expected a loss of one element, received [${loss.shape.join(", ")}]`,
    );
  }
  const order = topologicalOrder([loss]);
  const relevant = dependents(order, wrt);
  const one = broadcast(constant([1], []), loss.shape);
  return pullBack(loss, one, order, relevant, wrt);
}

/**
 * Derivatives with respect to each node of `wrt` of a loss whose derivative for `y` is `dy`: the walk from `y`
 * backwards through those nodes of `order` (each after its inputs) that are relevant.
 */
function pullBack(
  y: Node,
  dy: Node,
  order: readonly Node[],
  relevant: ReadonlySet<Node>,
  wrt: readonly Node[],
): Node[] {
  const contributions = new Map<Node, Node[]>([[y, [dy]]]);
  const contribute = (operand: Node, contribution: Node | undefined) => {
    if (!contribution || !relevant.has(operand)) return;
    const parts = contributions.get(operand);
    if (parts) parts.push(contribution);
    else contributions.set(operand, [contribution]);
  };
  const derivative = (node: Node) => {
    const parts = contributions.get(node);
    return parts && total(parts);
  };

  for (const node of order.toReversed()) {
    if (!relevant.has(node)) continue;
    const own = derivative(node);
    if (!own) continue;
    contributions.set(node, [own]);
    if (is(node, "recur")) {
      for (const [operand, contribution] of throughRecurrence(node, own, relevant)) {
        contribute(operand, contribution);
      }
    } else {
      const rule = vjpRules[node.op as Exclude<Primitive, "recur">] as Vjp<Primitive>;
      rule(own, node).forEach((contribution, i) => contribute(node.inputs[i]!, contribution));
    }
  }
  return wrt.map((node) => derivative(node) ?? broadcast(constant([0], []), node.shape));
}

/**
 * For y = body(y, a, b, ..), where the body reads y at other positions, the derivative of the loss for y at a
 * position is dy and what arrives from those that read it: l = dy + (d body / d y)^T l, a recurrence in the opposite
 * order. From it the derivatives for a, b, .. are (d body / d a)^T l, for all positions at once. This is
 * back-propagation through time.
 */
function throughRecurrence(y: Node<"recur">, dy: Node, relevant: ReadonlySet<Node>): [Node, Node][] {
  const [body, state] = y.inputs as [Node, Node];
  const inner = innerNodes(y);
  const inside = new Set([state, ...inner]);
  const outside = [...new Set(inner.flatMap(({ inputs }) => inputs))].filter(
    (operand) => !inside.has(operand) && relevant.has(operand),
  );
  const l = makeNode("state", [], state.attributes as Attributes["state"]);
  const derivatives = pullBack(body, l, inner, new Set([...inside, ...outside]), [state, ...outside]);

  // The values that the forward pass computes inside the recurrence (an LSTM's gates) become further results of it.
  const forward = remembering(body, state, usedOutside(inside, derivatives));
  const [back, ...found] = replace(derivatives, new Map([...forward, [state, y]])) as [Node, ...Node[]];
  const arriving = makeNode("recur", [stateByState(dy, back), l], {});
  const insideBack = new Set([l, ...innerNodes(arriving)]);
  const backward = remembering(arriving.inputs[0]!, l, usedOutside(insideBack, found));
  const results = replace(found, new Map([...backward, [l, arriving]]));
  return outside.map((operand, i) => [operand, results[i]!]);
}

/** dy + back. If `back` is a concatenation of states, each is added separately, so that zero parts need no addition. */
function stateByState(dy: Node, back: Node): Node {
  if (!is(back, "concat") || back.attributes.axis !== 1) return add(dy, back);
  let end = 0;
  const sums = back.inputs.map((state) => {
    const start = end;
    end += state.shape[1]!;
    return add(slice(dy, 1, start, end), state);
  });
  return concat(sums, 1);
}

/**
 * The nodes inside a recurrence that nodes outside of it use to compute the outputs, except those that only move the
 * state.
 */
function usedOutside(inside: ReadonlySet<Node>, outputs: readonly Node[]): Node[] {
  const used = topologicalOrder(outputs)
    .filter((node) => !inside.has(node))
    .flatMap(({ inputs }) => inputs)
    .concat(outputs)
    .filter((node) => inside.has(node));
  const moves: readonly Primitive[] = ["state", "shift", "slice", "concat", "pad"];
  const isMoved = (node: Node): boolean => moves.includes(node.op) && node.inputs.every(isMoved);
  return [...new Set(used)].filter((node) => !isMoved(node));
}

/**
 * The values of nodes inside a recurrence, as further states of a copy of it. When recurrences are unrolled, the copy
 * and the original are computed only once.
 */
function remembering(body: Node, state: Node, wanted: readonly Node[]): [Node, Node][] {
  const { reach, offsets } = analyseCausality([body, ...wanted], state, { isByChannel: false });
  const order = wanted.length === 0 ? undefined : orderOf(makeNode("recur", [body, state], {}));
  const nodes = wanted.filter((node) =>
    reach(node).every((channel) =>
      typeof channel === "object"
        ? offsets.list(channel).every((at) => order!.rows * at.rows + order!.cols * at.cols <= 0)
        : channel === "none",
    ),
  );
  if (nodes.length === 0) return [];
  const shapes = [state, ...nodes].map(({ shape }) => shape);
  const values = recur(shapes, ([own]) => {
    const [value] = replace([body], new Map([[state, own!]]));
    // These nodes may read the state at their own position, where its value is the body's.
    return [value!, ...replace(nodes, new Map([[state, value!]]))];
  });
  return nodes.map((node, i) => [node, values[i + 1]!]);
}

const replace = (outputs: readonly Node[], by: ReadonlyMap<Node, Node>) =>
  rewriteGraph(outputs, (node, original) => by.get(original) ?? node);

function dependents(order: readonly Node[], sources: readonly Node[]): Set<Node> {
  const found = new Set(sources);
  for (const node of order) {
    if (node.inputs.some((operand) => found.has(operand))) found.add(node);
  }
  return found;
}

/** The sum of all contributions. Contributions from slices that together cover an axis are concatenated, not added. */
function total(parts: readonly Node[]): Node {
  const pads = parts.filter((part) => is(part, "pad")) as Node<"pad">[];
  const tiles = tiled(pads);
  const terms = tiles ? [...parts.filter((part) => !is(part, "pad")), tiles] : parts;
  return terms.reduce((sum, term) => add(sum, term));
}

/** Parts padded with zeros that cover one axis without gap or overlap, as a concatenation. */
function tiled(pads: readonly Node<"pad">[]): Node | undefined {
  const [first] = pads;
  if (!first) return undefined;
  const { axis } = first.attributes;
  const inOrder = pads.toSorted((a, b) => a.attributes.before - b.attributes.before);
  let position = 0;
  for (const { inputs, attributes } of inOrder) {
    if (attributes.axis !== axis || attributes.before !== position) return undefined;
    position += inputs[0]!.shape[axis]!;
  }
  const isCovered = position === first.shape[axis];
  return isCovered
    ? concat(
        inOrder.map((part) => part.inputs[0]!),
        axis,
      )
    : undefined;
}
