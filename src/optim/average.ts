import { add, mul, sub } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { hyperParameters, type Transformation } from "./transformation.ts";

/**
 * How the parameters move by an update, and how their average follows, with which models are validated and drawn
 * from. Both start as the initial values.
 */
export interface Averaging extends Pick<Transformation, "state" | "schedules"> {
  /** The graph of one step; `update` is what is subtracted, learning rate and all. */
  apply(update: Node, given: AveragingInputs): Averaged;
}

export interface AveragingInputs {
  readonly parameters: Node;
  readonly average: Node;
  /** The averaging's own vectors before this step, by name. */
  readonly state: Readonly<Record<string, Node>>;
  /** The values of its schedules at this step, by name: tensors with one element. */
  readonly scheduled: Readonly<Record<string, Node>>;
}

export type Averaged = Pick<AveragingInputs, "parameters" | "average" | "state">;

/** The exponential moving average of the weights (Polyak averaging): average + (1 - decay) (weights - average). */
export function movingAverage(decay: number): Averaging {
  const numbers = hyperParameters({ "average decay": (step) => averageDecay(decay, step) });
  return {
    state: [],
    schedules: numbers.schedules,
    apply(update, given) {
      const parameters = sub(given.parameters, update);
      const rest = sub(1, numbers.in(given)["average decay"]);
      const average = add(given.average, mul(sub(parameters, given.average), rest));
      return { parameters, average, state: {} };
    },
  };
}

/** The decay at step t = 1, 2, ..: smaller at first, so that the average forgets the random initial weights. */
export const averageDecay = (decay: number, step: number): number =>
  Math.min(decay, (1 + step) / (10 + step));
