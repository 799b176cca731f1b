import { add, div, minimum, mul, sqrt, sum } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import type { Transformation } from "./transformation.ts";

/** The Euclidean norm of a vector. */
export const norm = (vector: Node): Node => sqrt(sum(mul(vector, vector)));

/**
 * Scales the gradient down to a Euclidean norm of `largest`, if its norm is larger (Pascanu, Mikolov, Bengio 2013,
 * algorithm 1).
 */
export const clipByNorm = (largest: number): Transformation => ({
  state: [],
  schedules: {},
  apply: (gradient) => ({
    gradient: mul(gradient, minimum(div(largest, add(norm(gradient), 1e-12)), 1)),
    state: {},
  }),
});
