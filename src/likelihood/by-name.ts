import { expected } from "../basics/errors.ts";
import { newRegistry } from "../basics/registry.ts";
import { bernoulli } from "./bernoulli.ts";
import { categorical } from "./categorical.ts";
import type { Likelihood, LikelihoodName } from "./likelihood.ts";
import { logisticMixture } from "./logistic-mixture.ts";

/** A likelihood for pictures of so many levels. @throws ARGUMENT if it is not for so many. */
type OfLevels = (levels: number) => Likelihood;

const OURS: Readonly<Record<LikelihoodName, OfLevels>> = {
  bernoulli(levels) {
    if (levels !== 2) throw expected("ARGUMENT", "2 levels", "the Bernoulli likelihood", levels, "levels");
    return bernoulli;
  },
  categorical,
  "logistic-mixture": logisticMixture,
};

/** All likelihoods: ours, and those of `defineLikelihood`. */
export const LIKELIHOODS = newRegistry<OfLevels>("the likelihood", "likelihood", OURS);

/**
 * The likelihood of that name for pictures of `levels` levels.
 * @throws NOT_FOUND if there is none, ARGUMENT if they do not go together.
 */
export const likelihoodByName = (name: string, levels: number): Likelihood => LIKELIHOODS.get(name)(levels);

/**
 * Registers a likelihood of your own under its name. A run keeps the name, but not the code: every program has to
 * define the likelihood before it opens the run. Drawing computes its masses for every sub-pixel, in one thread.
 *
 * @throws ARGUMENT if the name is taken.
 */
export function defineLikelihood(
  name: string,
  of: (levels: number) => Omit<Likelihood, "name" | "kernel">,
): void {
  LIKELIHOODS.define(name, (levels) => ({ ...of(levels), name }));
}

/** The likelihood that is used for pictures of so many levels if none is chosen. */
export const defaultLikelihood = (levels: number): LikelihoodName =>
  levels === 2 ? "bernoulli" : "categorical";
