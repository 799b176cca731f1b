import { add, input, mul, parameter, slice, sub } from "../graph/language.ts";
import type { Program } from "../lower/onnx/lower.ts";
import { averageDecay, movingAverage } from "../optim/average.ts";
import { norm } from "../optim/clip.ts";
import type { Optimizer } from "../optim/optimizer.ts";

/** The names of the two vectors that every part has: its parameters, and their moving average. */
export const PARAMETERS = "parameters";
export const AVERAGE = "average";

/** The names of all vectors that an optimizer keeps of a part. */
export const vectorsOf = ({ transformation }: Optimizer): string[] => [
  PARAMETERS,
  AVERAGE,
  ...transformation.state,
];

/** The name of a vector after the step. */
export const next = (vector: string): string => `next ${vector}`;

/** The name of the gradient of one share of a batch. */
export const gradientOf = (share: number): string => `gradient ${share}`;

/** The name of the input that holds the values of `scheduledAt`. */
export const SCHEDULE = "schedule";

/** What changes from step to step, in the order in which the program takes it. */
const schedulesOf = ({ transformation, ema }: Optimizer): [string, (step: number) => number][] => [
  ...Object.entries(transformation.schedules),
  ["average decay", (step) => averageDecay(ema, step)],
];

/** The values of the input `SCHEDULE` at a step 1, 2, .. */
export const scheduledAt = (optimizer: Optimizer, step: number): Float32Array =>
  Float32Array.from(schedulesOf(optimizer), ([, value]) => value(step));

/**
 * One step of an optimizer on a part of `count` parameters, from the gradients of the shares of a batch. `weights` is
 * the fraction of the batch in each share. The outputs are the vectors of the part after the step, and the norm of the
 * gradient.
 */
export function updateProgram(count: number, weights: readonly number[], optimizer: Optimizer): Program {
  const { transformation } = optimizer;
  const vector = (name: string) => parameter(name, [count]);
  const names = schedulesOf(optimizer).map(([name]) => name);
  const schedule = input(SCHEDULE, [names.length]);
  const scheduled = Object.fromEntries(names.map((name, i) => [name, slice(schedule, 0, i, i + 1)]));
  const gradient = weights
    .map((weight, share) => mul(input(gradientOf(share), [count]), weight))
    .reduce((sum, term) => add(sum, term));

  const transformed = transformation.apply(gradient, {
    parameters: vector(PARAMETERS),
    state: Object.fromEntries(transformation.state.map((name) => [name, vector(name)])),
    scheduled,
  });
  const parameters = sub(vector(PARAMETERS), transformed.gradient);
  const state = Object.entries(transformed.state).map(([name, node]) => [next(name), node]);
  return {
    name: "update",
    outputs: {
      [next(PARAMETERS)]: parameters,
      [next(AVERAGE)]: movingAverage(vector(AVERAGE), parameters, scheduled["average decay"]!),
      ...Object.fromEntries(state),
      gradientNorm: norm(gradient),
    },
  };
}
