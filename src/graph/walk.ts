import type { Node } from "./node.ts";

/**
 * All nodes that the outputs depend on, each after its inputs. Nodes for a node's first operand come before those for
 * its second, or the other way round. Not recursive, since graphs can be deep.
 */
export function topologicalOrder(
  outputs: readonly Node[],
  operands: "first to last" | "last to first" = "first to last",
): Node[] {
  const order: Node[] = [];
  const done = new Set<Node>();
  const stack: { node: Node; next: number }[] = [];
  for (const output of outputs) {
    stack.push({ node: output, next: 0 });
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      if (done.has(top.node)) {
        stack.pop();
      } else if (top.next < top.node.inputs.length) {
        const position = top.next++;
        const operand = top.node.inputs.at(operands === "first to last" ? position : -1 - position)!;
        if (!done.has(operand)) stack.push({ node: operand, next: 0 });
      } else {
        done.add(top.node);
        order.push(top.node);
        stack.pop();
      }
    }
  }
  return order;
}

/**
 * The graph rebuilt from its leaves up: `rewrite` receives every node with its rebuilt inputs, and the original node,
 * and returns the node that replaces it. Shared nodes stay shared, and unchanged nodes stay the same objects.
 */
export function rewriteGraph(
  outputs: readonly Node[],
  rewrite: (node: Node, original: Node) => Node,
): Node[] {
  const rebuilt = new Map<Node, Node>();
  for (const node of topologicalOrder(outputs)) {
    const inputs = node.inputs.map((operand) => rebuilt.get(operand)!);
    const unchanged = inputs.every((operand, i) => operand === node.inputs[i]);
    rebuilt.set(node, rewrite(unchanged ? node : { ...node, inputs }, node));
  }
  return outputs.map((output) => rebuilt.get(output)!);
}

/** The value that a graph has for `value` in the place of one of its nodes, `from`. */
export const substitute = (graph: Node, from: Node, value: Node): Node =>
  rewriteGraph([graph], (node) => (node === from ? value : node))[0]!;

/** Those of a graph's nodes, each of which comes after its inputs, that depend on some of them; these included. */
export function dependentsOf(order: readonly Node[], some: readonly Node[]): Set<Node> {
  const found = new Set(some);
  for (const node of order) if (node.inputs.some((operand) => found.has(operand))) found.add(node);
  return found;
}

/** How often each node is used as an input of another node or as an output. */
export function useCounts(outputs: readonly Node[]): Map<Node, number> {
  const counts = new Map<Node, number>();
  const count = (node: Node) => counts.set(node, (counts.get(node) ?? 0) + 1);
  outputs.forEach(count);
  for (const node of topologicalOrder(outputs)) node.inputs.forEach(count);
  return counts;
}
