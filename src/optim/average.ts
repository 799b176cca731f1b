import { add, mul, sub } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";

/** The exponential moving average of the weights (Polyak averaging): average + (1 - decay) (weights - average). */
export const movingAverage = (average: Node, weights: Node, decay: Node): Node =>
  add(average, mul(sub(weights, average), sub(1, decay)));

/** The decay at step t = 1, 2, ..: smaller at first, so that the average forgets the random initial weights. */
export const averageDecay = (decay: number, step: number): number =>
  Math.min(decay, (1 + step) / (10 + step));
