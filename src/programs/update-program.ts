import { add, input, mul, parameter, slice } from "../graph/language.ts";
import type { Program } from "../lower/onnx/lower.ts";
import { norm } from "../optim/clip.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { hiddenMatrices } from "./hidden-matrices.ts";
import { parameterCount } from "./parameters.ts";
import type { TrainablePart } from "./trainable.ts";

/** The names of the two vectors that every part has: its parameters, and their moving average. */
export const PARAMETERS = "parameters";
export const AVERAGE = "average";

/** The names of all vectors that an optimizer keeps of a part. */
export const vectorsOf = ({ transformation, averaging }: Optimizer): string[] => [
  PARAMETERS,
  AVERAGE,
  ...transformation.state,
  ...averaging.state,
];

/** The name of a vector after the step. */
export const next = (vector: string): string => `next ${vector}`;

/** The name of the gradient of one share of a batch. */
export const gradientOf = (share: number): string => `gradient ${share}`;

/** The name of the input that holds the values of `scheduledAt`. */
export const SCHEDULE = "schedule";

/** What changes from step to step, in the order in which the program takes it. */
const schedulesOf = ({ transformation, averaging }: Optimizer): [string, (step: number) => number][] => [
  ...Object.entries(transformation.schedules),
  ...Object.entries(averaging.schedules),
];

/** The values of the input `SCHEDULE` at a step 1, 2, .. */
export const scheduledAt = (optimizer: Optimizer, step: number): Float32Array =>
  Float32Array.from(schedulesOf(optimizer), ([, value]) => value(step));

/**
 * One step of a part's optimizer, from the gradients of the shares of a batch. `weights` is the fraction of the batch
 * in each share. The outputs are the vectors of the part after the step, and the norm of the gradient.
 */
export function updateProgram(
  part: Pick<TrainablePart, "declarations" | "loss" | "optimizer">,
  weights: readonly number[],
): Program {
  const { transformation, averaging } = part.optimizer;
  const count = parameterCount(part.declarations);
  const vector = (name: string) => parameter(name, [count]);
  const vectors = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, vector(name)]));
  const names = schedulesOf(part.optimizer).map(([name]) => name);
  const schedule = input(SCHEDULE, [names.length]);
  const scheduled = Object.fromEntries(names.map((name, i) => [name, slice(schedule, 0, i, i + 1)]));
  const gradient = weights
    .map((weight, share) => mul(input(gradientOf(share), [count]), weight))
    .reduce((sum, term) => add(sum, term));

  const transformed = transformation.apply(gradient, {
    parameters: vector(PARAMETERS),
    matrices: hiddenMatrices(part),
    state: vectors(transformation.state),
    scheduled,
  });
  const averaged = averaging.apply(transformed.gradient, {
    parameters: vector(PARAMETERS),
    average: vector(AVERAGE),
    state: vectors(averaging.state),
    scheduled,
  });
  const state = Object.entries({ ...transformed.state, ...averaged.state }).map(([name, node]) => [
    next(name),
    node,
  ]);
  return {
    name: "update",
    outputs: {
      [next(PARAMETERS)]: averaged.parameters,
      [next(AVERAGE)]: averaged.average,
      ...Object.fromEntries(state),
      gradientNorm: norm(gradient),
    },
  };
}
