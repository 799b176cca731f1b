import { expected } from "../basics/errors.ts";
import { bernoulli } from "./bernoulli.ts";
import { categorical } from "./categorical.ts";
import { LIKELIHOOD_NAMES, type Likelihood, type LikelihoodName } from "./likelihood.ts";
import { logisticMixture } from "./logistic-mixture.ts";

/**
 * The likelihood of that name for pictures of `levels` levels. NOT_FOUND error if there is none, ARGUMENT
 * error if they do not go together.
 */
export function likelihoodByName(name: LikelihoodName, levels: number): Likelihood {
  if (!LIKELIHOOD_NAMES.includes(name)) {
    throw expected("NOT_FOUND", LIKELIHOOD_NAMES.join(" or "), "the likelihood", name);
  }
  if (name === "categorical") return categorical(levels);
  if (name === "logistic-mixture") return logisticMixture(levels);
  if (levels !== 2) throw expected("ARGUMENT", "2 levels", "the Bernoulli likelihood", levels, "levels");
  return bernoulli;
}
