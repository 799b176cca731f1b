import { expected } from "../basics/errors.ts";
import { is, type Node } from "../graph/node.ts";
import { sameShape } from "../graph/shapes.ts";
import { topologicalOrder } from "../graph/walk.ts";
import type { Network } from "./network.ts";

/**
 * Checks that a network, built for pictures of one size, computes the same when it is built for another size
 * (`traced`): that it does not depend on where in the picture a pixel is.
 *
 * @throws ARGUMENT, with the reason, if it does.
 */
export function checkAnySize(network: Network, traced: Network): void {
  const before = new Map(network.declarations.map(({ name, shape }) => [name, shape]));
  const changed = traced.declarations.find(({ name, shape }) => !sameShape(before.get(name) ?? [], shape));
  const tied = changed?.name ?? positional(network) ?? positional(traced);
  if (tied === undefined) return;
  const size = (picture: Node) => `${picture.shape[3]}x${picture.shape[2]}`;
  throw expected(
    "ARGUMENT",
    `${size(network.picture)}, because the network knows where in the picture a pixel is (at ${tied}),`,
    "the size of its pictures",
    size(traced.picture),
  );
}

/**
 * The name of a constant or parameter that tells one position from another, if there is one: it differs from position
 * to position, and is combined with what depends on the picture. Kernels do not count, however they are computed.
 */
function positional({ logits }: Network): string | undefined {
  /** Nodes that are made of constants and parameters alone; those that differ by position, with what makes them so. */
  const fixed = new Set<Node>();
  const differing = new Map<Node, string | undefined>();
  for (const node of topologicalOrder([logits])) {
    if (is(node, "constant") || is(node, "parameter")) {
      fixed.add(node);
      if (node.shape.slice(-2).some((extent) => extent > 1)) differing.set(node, node.name);
      continue;
    }
    const isConvolution = is(node, "conv") || is(node, "convTranspose");
    const found = node.inputs.find((operand, i) => differing.has(operand) && !(isConvolution && i === 1));
    const name = found && (differing.get(found) ?? node.name ?? node.op);
    if (node.inputs.length === 0 || !node.inputs.every((operand) => fixed.has(operand))) {
      if (name !== undefined) return name;
      continue;
    }
    fixed.add(node);
    if (name !== undefined) differing.set(node, name);
  }
  return undefined;
}
