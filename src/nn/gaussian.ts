import { abs, add, div, mul, slice } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";

/**
 * log sigma stays within this bound to both sides, so that variances are finite. It comes near it so slowly that its
 * gradient never vanishes: with a tanh, training at a high rate stayed at the bound for ever.
 */
export const LOG_SIGMA_BOUND = 5;

/** Normal distributions as a network tells them: half of the maps are means, the others become log sigma. */
export function gaussianOf(x: Node): { readonly mean: Node; readonly logSigma: Node } {
  const maps = x.shape[1]! / 2;
  const raw = slice(x, 1, maps, 2 * maps);
  return {
    mean: slice(x, 1, 0, maps),
    logSigma: div(raw, add(1, mul(1 / LOG_SIGMA_BOUND, abs(raw)))),
  };
}
