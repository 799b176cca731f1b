import {
  add,
  concat,
  div,
  equal,
  matmul,
  mul,
  reshape,
  slice,
  sqrt,
  sum,
  transposeLastTwo,
  where,
} from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { adam, ADAM_DEFAULTS, type AdamOptions } from "./adam.ts";
import { hyperParameters, mapSchedule, type Matrix, type Transformation } from "./transformation.ts";

/** With Muon's momentum, which Adam's running mean of the gradient has too. */
export const MUON_DEFAULTS: AdamOptions = { ...ADAM_DEFAULTS, beta1: 0.95 };

/** Of the polynomial a X + b (X X') X + c (X X')^2 X, which drives singular values to about 1. */
const [A, B, C] = [3.4445, -4.775, 2.0315];
const ITERATIONS = 5;
/** Root mean square of Adam's updates, as measured by the authors of the scale. */
const RMS_OF_ADAM = 0.2;

/**
 * Muon (K. Jordan et al. 2024, https://kellerjordan.github.io/posts/muon) without the learning rate: the matrices of
 * hidden layers follow the nearest matrix to their momentum whose singular values are all about 1; all other parameters
 * follow Adam. The momentum is Nesterov's, of Adam's running mean of the gradient.
 *
 * The update of a matrix is scaled by 0.2 sqrt(max(rows, cols)) (J. Liu et al. 2025, "Muon is Scalable for LLM
 * Training", equation 4): its elements are then as large as Adam's, and one learning rate and weight decay suit both.
 *
 * An element whose gradient was always 0, such as one that a convolution's mask leaves out, does not move. The mask
 * applies whenever the weights are used, so that nothing depends on it; but it keeps the norm of the update for
 * weights that count.
 */
export function muon(options: AdamOptions = MUON_DEFAULTS): Transformation {
  const others = adam(options);
  const numbers = hyperParameters({
    "muon.momentum": options.beta1,
    "muon.rest": mapSchedule(options.beta1, (beta) => 1 - beta),
  });
  return {
    state: others.state,
    schedules: { ...others.schedules, ...numbers.schedules },
    apply(gradient, given) {
      const ofAdam = others.apply(gradient, given);
      const at = numbers.in(given);
      const mean = ofAdam.state["adam.m"]!;
      const ahead = add(mul(gradient, at["muon.rest"]), mul(mean, at["muon.momentum"]));
      // Adam for the whole vector takes less time than taking the vector apart.
      return { ...ofAdam, gradient: replaced(ofAdam.gradient, updatesOf(ahead, given.matrices)) };
    },
  };
}

/** The update of each matrix, as a vector. Matrices of one shape, upright or not, are computed together. */
function updatesOf(momentum: Node, matrices: readonly Matrix[]): Map<Matrix, Node> {
  const groups = new Map<string, Matrix[]>();
  for (const matrix of matrices) {
    const key = [matrix.rows, matrix.cols].toSorted((a, b) => a - b).join("x");
    groups.set(key, [...(groups.get(key) ?? []), matrix]);
  }
  const updates = new Map<Matrix, Node>();
  for (const group of groups.values()) {
    const stack = concat(
      group.map(({ start, end, rows, cols }) =>
        wide(reshape(slice(momentum, 0, start, end), [1, rows, cols])),
      ),
      0,
    );
    const [, rows, cols] = stack.shape as [number, number, number];
    const scaled = mul(orthogonal(stack), RMS_OF_ADAM * Math.sqrt(cols));
    const moving = where(equal(stack, 0), 0, scaled);
    group.forEach((matrix, i) => {
      const own = slice(moving, 0, i, i + 1);
      const upright = matrix.rows > matrix.cols ? transposeLastTwo(own) : own;
      updates.set(matrix, reshape(upright, [rows * cols]));
    });
  }
  return updates;
}

/** A matrix, or its transpose, with at most as many rows as columns. */
const wide = (matrix: Node): Node =>
  matrix.shape.at(-2)! > matrix.shape.at(-1)! ? transposeLastTwo(matrix) : matrix;

/**
 * About the nearest semi-orthogonal matrices to those of a stack [count, rows, cols] with rows <= cols, by
 * Newton-Schulz iterations: singular values end between 0.7 and 1.2.
 */
export function orthogonal(stack: Node): Node {
  const norm = sqrt(sum(mul(stack, stack), [1, 2]));
  let x = div(stack, add(norm, 1e-7));
  for (let i = 0; i < ITERATIONS; i++) {
    const square = matmul(x, transposeLastTwo(x));
    const factor = add(mul(square, B), mul(matmul(square, square), C));
    x = add(mul(x, A), matmul(factor, x));
  }
  return x;
}

/** The vector with the values of these matrices in their places. */
function replaced(vector: Node, values: ReadonlyMap<Matrix, Node>): Node {
  const pieces: Node[] = [];
  let end = 0;
  for (const [matrix, value] of [...values].toSorted(([a], [b]) => a.start - b.start)) {
    if (matrix.start > end) pieces.push(slice(vector, 0, end, matrix.start));
    pieces.push(value);
    end = matrix.end;
  }
  const count = vector.shape[0]!;
  if (count > end) pieces.push(slice(vector, 0, end, count));
  return concat(pieces, 0);
}
