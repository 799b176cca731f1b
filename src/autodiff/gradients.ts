import { NextpixelError } from "../basics/errors.ts";
import { add, concat, constant, broadcast } from "../graph/language.ts";
import { type Node, is, makeNode } from "../graph/node.ts";
import type { Attributes, Primitive } from "../graph/primitives.ts";
import { innerNodes } from "../graph/recurrence.ts";
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
 * Derivatives with respect to each node of `wrt` of a loss whose derivative for `y` is `dy`: the walk from `y` backwards through
 * those nodes of `order` (each after its inputs) that are relevant.
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
 * For y = body(y, a, b, ..), where the body reads y at other positions, the derivative of the loss for y at a position is dy
 * and what arrives from those that read it: l = dy + (d body / d y)^T l, a recurrence in the opposite order. From it the
 * derivatives for a, b, .. are (d body / d a)^T l, for all positions at once, and so are all gates of the forward pass:
 * only what depends on l is left inside the recurrence. This is back-propagation through time.
 */
function throughRecurrence(y: Node<"recur">, dy: Node, relevant: ReadonlySet<Node>): [Node, Node][] {
  const [body, state] = y.inputs as [Node, Node];
  const inner = innerNodes(y);
  const inside = new Set([state, ...inner]);
  const outside = [...new Set(inner.flatMap(({ inputs }) => inputs))].filter(
    (operand) => !inside.has(operand) && relevant.has(operand),
  );
  const l = makeNode("state", [], state.attributes as Attributes["state"]);
  const [throughState, ...derivatives] = pullBack(body, l, inner, new Set([...inside, ...outside]), [
    state,
    ...outside,
  ]);
  const [back] = replace([throughState!], new Map([[state, y]]));
  const arriving = makeNode("recur", [add(dy, back!), l], {});
  const found = replace(
    derivatives,
    new Map([
      [state, y],
      [l, arriving],
    ]),
  );
  return outside.map((operand, i) => [operand, found[i]!]);
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

/** The sum of all contributions. Those that come from slices which tile an axis are put side by side, not added. */
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
