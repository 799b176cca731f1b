import { storedValue } from "../../graph/constant-values.ts";
import { is, type Node } from "../../graph/node.ts";
import { readsOf } from "../../graph/reads.ts";
import { dependentsOf, topologicalOrder } from "../../graph/walk.ts";

/**
 * Those of a network's nodes that depend on the picture; states count among them. What does not, such as features of a
 * field that is known in advance, may be computed as many rows ahead as it is read.
 */
export const dependentsOnPicture = (order: readonly Node[], picture: Node): Set<Node> =>
  dependentsOf(order, [picture, ...order.filter((node) => is(node, "state"))]);

/**
 * How many rows of the picture each node is computed ahead of the row that is drawn: those that do not depend on the
 * picture so many that all rows below, which others read of them, are there. The others 0.
 */
export function leadsOfNodes(logits: Node, picture: Node): ReadonlyMap<Node, number> {
  const order = topologicalOrder([logits]);
  const dependent = dependentsOnPicture(order, picture);
  const leads = new Map(order.map((node) => [node, 0]));
  for (const node of order.toReversed()) {
    const isFixed = (input: number) => !dependent.has(node.inputs[input]!);
    if (!node.inputs.some((operand, i) => isFixed(i) && !storedValue(operand))) continue;
    // Of all channels one stands for all.
    const kinds = node.inputs.map(() => [0]);
    const lists = readsOf(node, kinds, picture, isFixed) ?? [];
    for (const { input, rows } of [...new Set(lists)].flat()) {
      const operand = node.inputs[input]!;
      if (isFixed(input)) leads.set(operand, Math.max(leads.get(operand)!, leads.get(node)! + rows));
    }
  }
  return leads;
}
