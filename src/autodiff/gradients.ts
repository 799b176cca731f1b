import { NextpixelError } from "../basics/errors.ts";
import { add, concat, constant, broadcast } from "../graph/language.ts";
import { type Node, is } from "../graph/node.ts";
import { sizeOf } from "../graph/shapes.ts";
import { topologicalOrder } from "../graph/walk.ts";
import { vjpRules } from "./vjp.ts";

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
  const contributions = new Map<Node, Node[]>([[loss, [broadcast(constant([1], []), loss.shape)]]]);
  const derivative = (node: Node) => {
    const parts = contributions.get(node);
    return parts && total(parts);
  };

  for (const node of order.toReversed()) {
    if (!relevant.has(node)) continue;
    const dy = derivative(node);
    if (!dy) continue;
    contributions.set(node, [dy]);
    const rule = vjpRules[node.op] as (dy: Node, node: Node) => readonly (Node | undefined)[];
    rule(dy, node).forEach((contribution, i) => {
      const operand = node.inputs[i]!;
      if (!contribution || !relevant.has(operand)) return;
      const parts = contributions.get(operand);
      if (parts) parts.push(contribution);
      else contributions.set(operand, [contribution]);
    });
  }
  return wrt.map((node) => derivative(node) ?? broadcast(constant([0], []), node.shape));
}

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
