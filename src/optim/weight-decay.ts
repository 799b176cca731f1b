import { add, mul } from "../graph/language.ts";
import { hyperParameters, type Schedule, type Transformation } from "./transformation.ts";

/**
 * Adds `decay` times the parameters. Between Adam and the learning rate this is decoupled weight decay (AdamW:
 * Loshchilov, Hutter 2019, algorithm 2).
 */
export function weightDecay(decay: Schedule): Transformation {
  const numbers = hyperParameters({ "weight decay": decay });
  return {
    state: [],
    schedules: numbers.schedules,
    apply: (gradient, given) => ({
      gradient: add(gradient, mul(given.parameters, numbers.in(given)["weight decay"])),
      state: {},
    }),
  };
}
