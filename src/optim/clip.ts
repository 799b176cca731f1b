import { add, div, minimum, mul, sqrt, sum } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";

/**
 * The gradient (all parameters in one vector) scaled down, if need be, to a Euclidean norm of at most `largest`
 * (Pascanu, Mikolov, Bengio 2013, algorithm 1), and its norm before.
 */
export function clipByNorm(gradient: Node, largest: number): { gradient: Node; norm: Node } {
  const norm = sqrt(sum(mul(gradient, gradient)));
  return { gradient: mul(gradient, minimum(div(largest, add(norm, 1e-12)), 1)), norm };
}
