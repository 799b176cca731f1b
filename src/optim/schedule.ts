import { mul } from "../graph/language.ts";
import { hyperParameters, type Schedule, type Transformation } from "./transformation.ts";

export interface LearningRateOptions {
  /** Learning rate after the warm-up. */
  readonly rate: number;
  /** Steps over which the rate rises linearly from 0. */
  readonly warmup: number;
  /**
   * "cosine": falls to 0 along half a cosine until the last step. "wsd" (warm-up, stable, decay): stays until the last
   * fifth of the steps, then falls as 1 - sqrt (A. Haegele et al. 2024, "Scaling Laws and Compute-Optimal Training
   * Beyond Fixed Training Durations"). A number: factor per step.
   */
  readonly decay: "cosine" | "wsd" | number;
  /** Steps in all. */
  readonly steps: number;
}

/** The learning rate of step 1, 2, .. steps. */
export function learningRate({ rate, warmup, decay, steps }: LearningRateOptions, step: number): number {
  if (step <= warmup) return (rate * step) / warmup;
  if (typeof decay === "number") return rate * decay ** (step - warmup);
  if (decay === "cosine") return (rate * (1 + Math.cos(Math.PI * share(step, warmup, steps)))) / 2;
  const stable = Math.max(warmup, Math.floor(STABLE * steps));
  return step <= stable ? rate : rate * (1 - Math.sqrt(share(step, stable, steps)));
}

/** Of all steps, with "wsd". */
const STABLE = 0.8;

/** How much of the way from step `from` to the last one is done; less than 1 at the last, so that it still counts. */
const share = (step: number, from: number, last: number): number => (step - from) / (last - from + 1);

/** Multiplies by the learning rate: the last transformation of a chain. */
export function scaleByRate(rate: Schedule): Transformation {
  const numbers = hyperParameters({ "learning rate": rate });
  return {
    state: [],
    schedules: numbers.schedules,
    apply: (gradient, given) => ({ gradient: mul(gradient, numbers.in(given)["learning rate"]), state: {} }),
  };
}
