import { expect, test } from "vitest";
import * as g from "../../src/graph/language.ts";
import { muon, orthogonal } from "../../src/optim/muon.ts";
import type { Matrix } from "../../src/optim/transformation.ts";
import { randomNumbers } from "../graph/primitive-cases.ts";
import { evaluate } from "../reference/evaluate.ts";

type Rows = readonly (readonly number[])[];

const product = (a: Rows, b: Rows): number[][] =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((total, value, k) => total + value * b[k]![j]!, 0)));
const transposed = (a: Rows): number[][] => a[0]!.map((_, j) => a.map((row) => row[j]!));

/** Newton-Schulz as its authors write it: newtonschulz5 of the post, in float64. */
function newtonSchulz(matrix: Rows): number[][] {
  const isTall = matrix.length > matrix[0]!.length;
  const wide = isTall ? transposed(matrix) : matrix;
  const norm = Math.sqrt(wide.flat().reduce((total, value) => total + value ** 2, 0)) + 1e-7;
  let x = wide.map((row) => row.map((value) => value / norm));
  for (let i = 0; i < 5; i++) {
    const a = product(x, transposed(x));
    const squared = product(a, a);
    const b = a.map((row, r) => row.map((value, c) => -4.775 * value + 2.0315 * squared[r]![c]!));
    const bx = product(b, x);
    x = x.map((row, r) => row.map((value, c) => 3.4445 * value + bx[r]![c]!));
  }
  return isTall ? transposed(x) : x;
}

/** Three matrices, tall and wide ones of the same sides, among other parameters. */
const MATRICES: readonly Matrix[] = [
  { start: 2, end: 14, rows: 4, cols: 3 },
  { start: 14, end: 26, rows: 3, cols: 4 },
  { start: 29, end: 33, rows: 2, cols: 2 },
];
const COUNT = 35;

const rowsIn = (vector: readonly number[], { start, rows, cols }: Matrix): number[][] =>
  Array.from({ length: rows }, (_, r) => vector.slice(start + r * cols, start + (r + 1) * cols));

const STEPS = 4;
const gradientAt = (step: number) => [...randomNumbers(COUNT, step)];

function run(gradientOf: (step: number) => number[], matrices = MATRICES) {
  const transformation = muon({ beta1: 0.95, beta2: 0.999, epsilon: 1e-8 });
  const updates: number[][] = [];
  let state = { m: gradientOf(1).map(() => 0), v: gradientOf(1).map(() => 0) };
  for (let step = 1; step <= STEPS; step++) {
    const result = transformation.apply(g.constant(gradientOf(step)), {
      parameters: g.constant(gradientOf(1)),
      matrices,
      state: { "adam.m": g.constant(state.m), "adam.v": g.constant(state.v) },
      scheduled: Object.fromEntries(
        Object.entries(transformation.schedules).map(([name, at]) => [name, g.constant([at(step)])]),
      ),
    });
    const nodes = [result.gradient, result.state["adam.m"]!, result.state["adam.v"]!];
    const [update, m, v] = evaluate(nodes, {}).map((values) => [...values]) as [number[], number[], number[]];
    updates.push(update);
    state = { m, v };
  }
  return updates;
}

test("is Muon of its authors for matrices, on the scale of Adam, and Adam for the rest", () => {
  const received = run(gradientAt);
  const [m, v] = [gradientAt(1).map(() => 0), gradientAt(1).map(() => 0)];
  for (let step = 1; step <= STEPS; step++) {
    const gradient = gradientAt(step);
    gradient.forEach((value, i) => {
      m[i] = 0.95 * m[i]! + 0.05 * value;
      v[i] = 0.999 * v[i]! + 0.001 * value ** 2;
    });
    const wanted = gradient.map((_, i) => {
      const root = Math.sqrt(v[i]! / (1 - 0.999 ** step));
      return m[i]! / (1 - 0.95 ** step) / (root + 1e-8);
    });
    const nesterov = gradient.map((value, i) => 0.05 * value + 0.95 * m[i]!);
    for (const matrix of MATRICES) {
      const scale = 0.2 * Math.sqrt(Math.max(matrix.rows, matrix.cols));
      const update = newtonSchulz(rowsIn(nesterov, matrix)).flat();
      update.forEach((value, i) => (wanted[matrix.start + i] = scale * value));
    }
    wanted.forEach((value, i) => expect(received[step - 1]![i], `step ${step}, ${i}`).toBeCloseTo(value, 8));
  }
});

test("makes a matrix about orthogonal, and a matrix of zeros stays zeros", () => {
  const [rows, cols] = [6, 10];
  const values = [...randomNumbers(rows * cols, 1), ...Array.from({ length: rows * cols }, () => 0)];
  const [result] = evaluate([orthogonal(g.constant(values, [2, rows, cols]))], {});
  const first = rowsIn([...result!], { start: 0, end: rows * cols, rows, cols });
  const square = product(first, transposed(first));
  const squares = square.map((row, i) => row[i]!);
  // Singular values between 0.7 and 1.2, so that the squares are between 0.49 and 1.44.
  for (const value of squares) expect(value).toSatisfy((it: number) => it > 0.45 && it < 1.5);
  const elsewhere = square.flatMap((row, i) => row.filter((_, j) => j !== i));
  for (const value of elsewhere) expect(Math.abs(value)).toBeLessThan(0.45);
  expect(result!.slice(rows * cols).every((value) => value === 0)).toBe(true);
});

test("does not move what a mask leaves out, which never has a gradient", () => {
  const masked = [3, 7, 8, 20, 31];
  const updates = run((step) => gradientAt(step).map((value, i) => (masked.includes(i) ? 0 : value)));
  for (const update of updates) {
    for (const i of masked) expect(Math.abs(update[i]!)).toBe(0);
    expect(update.filter((value) => value === 0)).toHaveLength(masked.length);
  }
});
