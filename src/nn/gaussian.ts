import { mul, slice, tanh } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";

/** log sigma stays within this bound to both sides, so that variances are finite. Far outside, its gradient is 0. */
export const LOG_SIGMA_BOUND = 5;

/** Normal distributions as a network tells them: half of the maps are means, the others become log sigma. */
export function gaussianOf(x: Node): { readonly mean: Node; readonly logSigma: Node } {
  const maps = x.shape[1]! / 2;
  const raw = slice(x, 1, maps, 2 * maps);
  return {
    mean: slice(x, 1, 0, maps),
    logSigma: mul(LOG_SIGMA_BOUND, tanh(mul(1 / LOG_SIGMA_BOUND, raw))),
  };
}
