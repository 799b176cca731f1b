import { add, mul, sub } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { hyperParameters, type Transformation } from "./transformation.ts";

/** The name of the average with which models are validated and drawn from; the first, if there are several. */
export const AVERAGE = "average";

/** How the parameters move by an update, and how their averages follow. All start as the initial values. */
export interface Averaging extends Pick<Transformation, "state" | "schedules"> {
  /** The decays of the averages by their names, `AVERAGE` before others; undefined if it is no moving average. */
  readonly averages: Readonly<Record<string, number | undefined>>;
  /** The graph of one step; `update` is what is subtracted, learning rate and all. */
  apply(update: Node, given: AveragingInputs): Averaged;
}

export interface AveragingInputs {
  readonly parameters: Node;
  /** The averages before this step, by name. */
  readonly averages: Readonly<Record<string, Node>>;
  /** The averaging's own vectors before this step, by name. */
  readonly state: Readonly<Record<string, Node>>;
  /** The values of its schedules at this step, by name: tensors with one element. */
  readonly scheduled: Readonly<Record<string, Node>>;
}

export type Averaged = Pick<AveragingInputs, "parameters" | "averages" | "state">;

/** The decay per step of a moving average, or those of several. */
export type Decays = number | readonly number[];

/**
 * Exponential moving averages of the weights (Polyak averaging): average + (1 - decay) (weights - average). They differ
 * in how far they reach back.
 */
export function movingAverages(decays: Decays): Averaging {
  const averages = [decays].flat().map((decay, i) => ({
    name: i === 0 ? AVERAGE : `${AVERAGE}-${decay}`,
    decay,
  }));
  const numbers = hyperParameters(
    Object.fromEntries(
      averages.map(({ name, decay }) => [name, (step: number) => averageDecay(decay, step)]),
    ),
  );
  return {
    averages: Object.fromEntries(averages.map(({ name, decay }) => [name, decay])),
    state: [],
    schedules: numbers.schedules,
    apply(update, given) {
      const parameters = sub(given.parameters, update);
      const decayOf = numbers.in(given);
      const moved = averages.map(({ name }) => {
        const before = given.averages[name]!;
        return [name, add(before, mul(sub(parameters, before), sub(1, decayOf[name]!)))] as const;
      });
      return { parameters, averages: Object.fromEntries(moved), state: {} };
    },
  };
}

/** The decay at step t = 1, 2, ..: smaller at first, so that the average forgets the random initial weights. */
export const averageDecay = (decay: number, step: number): number =>
  Math.min(decay, (1 + step) / (10 + step));
