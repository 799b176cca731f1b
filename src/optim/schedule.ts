import { mul } from "../graph/language.ts";
import { hyperParameters, type Schedule, type Transformation } from "./transformation.ts";

export interface LearningRateOptions {
  /** Learning rate after the warm-up. */
  readonly rate: number;
  /** Steps over which the rate rises linearly from 0. */
  readonly warmup: number;
  /** "cosine": falls to 0 along half a cosine until the last step; a number: factor per step. */
  readonly decay: "cosine" | number;
  /** Steps in all. */
  readonly steps: number;
}

/** The learning rate of step 1, 2, .. steps. */
export function learningRate({ rate, warmup, decay, steps }: LearningRateOptions, step: number): number {
  if (step <= warmup) return (rate * step) / warmup;
  if (decay !== "cosine") return rate * decay ** (step - warmup);
  return (rate * (1 + Math.cos((Math.PI * (step - warmup)) / (steps - warmup + 1)))) / 2;
}

/** Multiplies by the learning rate: the last transformation of a chain. */
export function scaleByRate(rate: Schedule): Transformation {
  const numbers = hyperParameters({ "learning rate": rate });
  return {
    state: [],
    schedules: numbers.schedules,
    apply: (gradient, given) => ({ gradient: mul(gradient, numbers.in(given)["learning rate"]), state: {} }),
  };
}
