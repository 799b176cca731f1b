import { expected } from "../basics/errors.ts";
import { bernoulli } from "./bernoulli.ts";
import { categorical } from "./categorical.ts";
import { LIKELIHOOD_NAMES, type Likelihood, type LikelihoodName } from "./likelihood.ts";
import { logisticMixture } from "./logistic-mixture.ts";

/** Our own likelihoods, for pictures of so many levels. */
const LIKELIHOODS: Readonly<Record<LikelihoodName, (levels: number) => Likelihood>> = {
  bernoulli(levels) {
    if (levels !== 2) throw expected("ARGUMENT", "2 levels (--levels 2)", "the Bernoulli likelihood", levels);
    return bernoulli;
  },
  categorical,
  "logistic-mixture": logisticMixture,
};

/**
 * The likelihood of that name for pictures of `levels` levels.
 *
 * @throws NOT_FOUND error if there is none, ARGUMENT error if they do not go together.
 */
export function likelihoodByName(name: LikelihoodName, levels: number): Likelihood {
  if (!Object.hasOwn(LIKELIHOODS, name)) {
    throw expected("NOT_FOUND", LIKELIHOOD_NAMES.join(" or "), "the likelihood", name);
  }
  return LIKELIHOODS[name](levels);
}

/** The likelihood for pictures of so many levels if none is asked for. */
export const defaultLikelihood = (levels: number): LikelihoodName =>
  levels === 2 ? "bernoulli" : "categorical";
