import type { Node } from "../graph/node.ts";
import type { Operand } from "../graph/language.ts";

/** A hyper-parameter: a number, or a function of the step 1, 2, .. */
export type Schedule = number | ((step: number) => number);

/** The value of a hyper-parameter at a step. */
export const valueAt = (schedule: Schedule, step: number): number =>
  typeof schedule === "number" ? schedule : schedule(step);

/** The hyper-parameter with a function applied to its value. */
export const mapSchedule = (schedule: Schedule, map: (value: number) => number): Schedule =>
  typeof schedule === "number" ? map(schedule) : (step) => map(schedule(step));

/**
 * One step on the way from the gradient to what is subtracted from the parameters. All parameters of a part are one
 * vector, and so is the gradient. `chain` puts transformations together.
 */
export interface Transformation {
  /** Names of the vectors that are kept from step to step, each of the length of the parameters. They start as 0. */
  readonly state: readonly string[];
  /** Hyper-parameters that change from step to step, by name: they are inputs of the update program. */
  readonly schedules: Readonly<Record<string, (step: number) => number>>;
  /** The graph of one step. */
  apply(gradient: Node, given: TransformationInputs): Transformed;
}

/** What the graph of a transformation may read besides the gradient. */
export interface TransformationInputs {
  readonly parameters: Node;
  /** The matrices of hidden layers among the parameters. */
  readonly matrices: readonly Matrix[];
  /** The transformation's own vectors before this step, by name. */
  readonly state: Readonly<Record<string, Node>>;
  /** The values of its schedules at this step, by name: tensors with one element. */
  readonly scheduled: Readonly<Record<string, Node>>;
}

/** Elements start .. end-1 of the vector as a matrix [rows, cols]: [outputs, inputs * kernel] of a convolution. */
export interface Matrix {
  readonly start: number;
  readonly end: number;
  readonly rows: number;
  readonly cols: number;
}

export interface Transformed {
  readonly gradient: Node;
  /** The transformation's own vectors after this step, by name. */
  readonly state: Readonly<Record<string, Node>>;
}

/** Transformations one after the other. The names of their states and schedules must differ. */
export const chain = (...transformations: readonly Transformation[]): Transformation => ({
  state: transformations.flatMap(({ state }) => state),
  schedules: Object.fromEntries(transformations.flatMap(({ schedules }) => Object.entries(schedules))),
  apply: (gradient, given) =>
    transformations.reduce<Transformed>(
      (before, transformation) => {
        const { gradient: after, state } = transformation.apply(before.gradient, given);
        return { gradient: after, state: { ...before.state, ...state } };
      },
      { gradient, state: {} },
    ),
});

/** Hyper-parameters as the graph of a transformation reads them: constants if they never change, else inputs. */
export function hyperParameters<Name extends string>(
  all: Readonly<Record<Name, Schedule>>,
): {
  readonly schedules: Transformation["schedules"];
  in(given: Pick<TransformationInputs, "scheduled">): Readonly<Record<Name, Operand>>;
} {
  const entries = Object.entries<Schedule>(all);
  const schedules = Object.fromEntries(
    entries.flatMap(([name, value]) => (typeof value === "number" ? [] : [[name, value]])),
  );
  return {
    schedules,
    in: ({ scheduled }) =>
      Object.fromEntries(
        entries.map(([name, value]) => [name, typeof value === "number" ? value : scheduled[name]!]),
      ) as Record<Name, Operand>,
  };
}
