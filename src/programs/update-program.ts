import { add, input, mul, parameter, slice } from "../graph/language.ts";
import type { Program } from "../lower/onnx/lower.ts";
import { adam, type AdamOptions } from "../optim/adam.ts";
import { movingAverage } from "../optim/average.ts";
import { clipByNorm } from "../optim/clip.ts";
import { PARAMETERS } from "./parameters.ts";

export interface UpdateOptions extends AdamOptions {
  /** Largest Euclidean norm of the gradient (of the mean nats per sub-pixel). */
  readonly clip: number;
  /** Decay of the average of the weights per step. */
  readonly ema: number;
}

/** The names of the next state's vectors. */
export const NEXT = {
  parameters: "nextParameters",
  average: "nextAverage",
  m: "nextM",
  v: "nextV",
} as const;

/** The name of the gradient of one share of a batch. */
export const gradientOf = (share: number): string => `gradient${share}`;

/**
 * Clipping, Adam and averaging of `count` parameters, from the gradients of the shares of a batch; `weights` says how much of the
 * batch each of them is.
 */
export function updateProgram(count: number, weights: readonly number[], options: UpdateOptions): Program {
  const vector = (name: string) => parameter(name, [count]);
  const schedule = input("schedule", [4]);
  const scheduled = (i: number) => slice(schedule, 0, i, i + 1);
  const gradient = weights
    .map((weight, share) => mul(input(gradientOf(share), [count]), weight))
    .reduce((sum, term) => add(sum, term));

  const clipped = clipByNorm(gradient, options.clip);
  const { parameters, state } = adam(
    vector(PARAMETERS),
    clipped.gradient,
    { m: vector("m"), v: vector("v") },
    { rate: scheduled(0), correction1: scheduled(1), correction2: scheduled(2) },
    options,
  );
  return {
    name: "update",
    outputs: {
      [NEXT.parameters]: parameters,
      [NEXT.average]: movingAverage(vector("average"), parameters, scheduled(3)),
      [NEXT.m]: state.m,
      [NEXT.v]: state.v,
      gradientNorm: clipped.norm,
    },
  };
}
