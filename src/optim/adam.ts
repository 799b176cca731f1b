import { abs, add, div, greater, maximum, mul, sqrt, sub, where } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";

/** Adam's running means of the gradient and of its square; both start at 0. */
export interface AdamState {
  readonly m: Node;
  readonly v: Node;
}

export interface AdamOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export const ADAM_DEFAULTS: AdamOptions = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * Smaller numbers count as 0. An unused weight's m and v decay until they are denormal, where arithmetic is ten times
 * slower; these bounds keep them out of there and lie far below what epsilon lets matter.
 */
const SMALLEST_M = 1e-30;
const SMALLEST_V = 1e-30;

/**
 * One step of Adam (Kingma, Ba 2015, algorithm 1). `rate` is the learning rate; `correction1` and `correction2` are
 * 1 / (1 - beta^t) of step t = 1, 2, ..
 */
export function adam(
  parameters: Node,
  gradient: Node,
  state: AdamState,
  schedule: { readonly rate: Node; readonly correction1: Node; readonly correction2: Node },
  { beta1, beta2, epsilon }: AdamOptions,
): { parameters: Node; state: AdamState } {
  const mean = add(mul(state.m, beta1), mul(gradient, 1 - beta1));
  const m = where(greater(abs(mean), SMALLEST_M), mean, 0);
  const v = maximum(add(mul(state.v, beta2), mul(mul(gradient, gradient), 1 - beta2)), SMALLEST_V);
  const step = div(mul(m, schedule.correction1), add(sqrt(mul(v, schedule.correction2)), epsilon));
  return { parameters: sub(parameters, mul(step, schedule.rate)), state: { m, v } };
}
