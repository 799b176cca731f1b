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
 * The name of a constant or parameter that differs from position to position, if there is one. Kernels do not count.
 */
function positional({ logits }: Network): string | undefined {
  for (const node of topologicalOrder([logits])) {
    const fixed = node.inputs.filter(
      (operand, i) => (is(operand, "constant") || is(operand, "parameter")) && !(is(node, "conv") && i === 1),
    );
    const found = fixed.find(({ shape }) => shape.slice(-2).some((extent) => extent > 1));
    if (found) return found.name ?? node.name ?? node.op;
  }
  return undefined;
}
