import { abs, add, div, greater, maximum, mul, sqrt, where } from "../graph/language.ts";
import { hyperParameters, mapSchedule, type Schedule, type Transformation } from "./transformation.ts";

export interface AdamOptions {
  /** Decay per step of the running mean of the gradient. */
  readonly beta1: Schedule;
  /** Decay per step of the running mean of its square. */
  readonly beta2: Schedule;
  readonly epsilon: number;
}

export const ADAM_DEFAULTS: AdamOptions = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * Smaller numbers count as 0. The m and v of an unused weight decay until they are denormal, where arithmetic is ten
 * times slower. These bounds keep them out of that range, and are far below what matters beside epsilon. (A session of
 * ONNX Runtime can flush denormal numbers to 0, but only the first session of a process does: the same training would
 * have other bits in another session.)
 */
const SMALLEST_M = 1e-30;
const SMALLEST_V = 1e-30;

/**
 * Adam (Kingma, Ba 2015, algorithm 1) without the learning rate: the running mean of the gradient, divided by the
 * square root of the running mean of its square.
 */
export function adam({ beta1, beta2, epsilon }: AdamOptions = ADAM_DEFAULTS): Transformation {
  const numbers = hyperParameters({
    "adam.beta1": beta1,
    "adam.rest1": mapSchedule(beta1, (beta) => 1 - beta),
    "adam.correction1": biasCorrection(beta1),
    "adam.beta2": beta2,
    "adam.rest2": mapSchedule(beta2, (beta) => 1 - beta),
    "adam.correction2": biasCorrection(beta2),
  });
  return {
    state: ["adam.m", "adam.v"],
    schedules: numbers.schedules,
    apply(gradient, given) {
      const at = numbers.in(given);
      const { "adam.m": m0, "adam.v": v0 } = given.state;
      const mean = add(mul(m0!, at["adam.beta1"]), mul(gradient, at["adam.rest1"]));
      const m = where(greater(abs(mean), SMALLEST_M), mean, 0);
      const square = mul(mul(gradient, gradient), at["adam.rest2"]);
      const v = maximum(add(mul(v0!, at["adam.beta2"]), square), SMALLEST_V);
      const root = sqrt(mul(v, at["adam.correction2"]));
      return {
        gradient: div(mul(m, at["adam.correction1"]), add(root, epsilon)),
        state: { "adam.m": m, "adam.v": v },
      };
    },
  };
}

/**
 * 1 / (1 - product of beta over the steps so far): corrects for the running means having started at 0. For a constant
 * beta, 1 / (1 - beta^t).
 */
function biasCorrection(beta: Schedule): (step: number) => number {
  if (typeof beta === "number") return (step) => 1 / (1 - beta ** step);
  const products = [1];
  return (step) => {
    for (let t = products.length; t <= step; t++) products.push(products[t - 1]! * beta(t));
    return 1 / (1 - products[step]!);
  };
}
