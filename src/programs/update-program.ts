import { add, input, parameter, slice } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import type { Program } from "../lower/onnx/lower.ts";
import { norm } from "../optim/clip.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { hiddenMatrices } from "./hidden-matrices.ts";
import { parameterCount } from "./parameters.ts";
import { singles, treeSum, type Range } from "./shares.ts";
import type { TrainablePart } from "./trainable.ts";

/** The names of the vectors that every part has: its parameters, and their average, or the first of several. */
export const PARAMETERS = "parameters";
export { AVERAGE } from "../optim/average.ts";

/** The names of all vectors that an optimizer keeps of a part. */
export const vectorsOf = ({ transformation, averaging }: Optimizer): string[] => [
  PARAMETERS,
  ...Object.keys(averaging.averages),
  ...transformation.state,
  ...averaging.state,
];

/** The name of a vector after the step. */
export const next = (vector: string): string => `next ${vector}`;

/** The name of the gradient of one share of a batch, or of the sum over some shares. */
export const gradientOf = ({ start, end }: Range): string =>
  end - start === 1 ? `gradient ${start}` : `gradient ${start} to ${end - 1}`;

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

/** The sum of gradients over some shares, where those of `terms` are given. */
const gradientSum = (over: Range, terms: readonly Range[], length: number): Node =>
  treeSum<Node>(
    over,
    ({ start, end }) =>
      terms.some((term) => term.start === start && term.end === end)
        ? input(gradientOf({ start, end }), [length])
        : undefined,
    add,
  );

/** The name of an output of `gradientSums`. */
export const sumOf = (range: Range): string => `sum of ${gradientOf(range)}`;

/** The sums of gradients of so many numbers over each range of `sums`, from those of single shares. */
export const gradientSums = (length: number, sums: readonly Range[]): Program => ({
  name: "sums of gradients",
  outputs: Object.fromEntries(sums.map((sum) => [sumOf(sum), gradientSum(sum, singles(sum), length)])),
});

/**
 * One step of a part's optimizer, from the gradients of the shares of a batch, or sums of them, which `terms` names: one
 * for the whole batch by default. The outputs are the vectors of the part after the step, and the norm of the gradient.
 */
export function updateProgram(
  part: Pick<TrainablePart, "declarations" | "loss" | "optimizer">,
  terms: readonly Range[] = [{ start: 0, end: 1 }],
): Program {
  const { transformation, averaging } = part.optimizer;
  const count = parameterCount(part.declarations);
  const vector = (name: string) => parameter(name, [count]);
  const vectors = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, vector(name)]));
  const names = schedulesOf(part.optimizer).map(([name]) => name);
  const schedule = input(SCHEDULE, [names.length]);
  const scheduled = Object.fromEntries(names.map((name, i) => [name, slice(schedule, 0, i, i + 1)]));
  const gradient = gradientSum({ start: 0, end: terms.at(-1)!.end }, terms, count);

  const transformed = transformation.apply(gradient, {
    parameters: vector(PARAMETERS),
    matrices: hiddenMatrices(part),
    state: vectors(transformation.state),
    scheduled,
  });
  const averaged = averaging.apply(transformed.gradient, {
    parameters: vector(PARAMETERS),
    averages: vectors(Object.keys(averaging.averages)),
    state: vectors(averaging.state),
    scheduled,
  });
  const after = { ...averaged.averages, ...transformed.state, ...averaged.state };
  const state = Object.entries(after).map(([name, node]) => [next(name), node]);
  return {
    name: "update",
    outputs: {
      [next(PARAMETERS)]: averaged.parameters,
      ...Object.fromEntries(state),
      gradientNorm: norm(gradient),
    },
  };
}
