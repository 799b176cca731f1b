import { describe, expect, test } from "vitest";
import { sizeOf } from "../../src/graph/shapes.ts";
import { evaluate } from "../reference/evaluate.ts";
import { receptiveField } from "../../src/graph/receptive-field.ts";
import { modelByName } from "../../src/models/by-name.ts";
import { buildNetwork } from "../../src/programs/network.ts";
import { randomNumbers } from "../graph/primitive-cases.ts";

// The papers' equations once more, by loops over one picture in float64, without graphs or convolutions.

const ROWS = 4;
const COLS = 5;
const LEVELS = 4;
const H = 3;
const DEPTH = 2;

type Weights = Readonly<Record<string, Float64Array>>;
/** A number for each channel; zeros outside the picture. */
type Field = (row: number, col: number) => readonly number[];

const isInside = (row: number, col: number) => row >= 0 && row < ROWS && col >= 0 && col < COLS;
const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
const plus = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value + b[i]!);

/** Computed for all pixels. */
function field(channels: number, compute: (row: number, col: number) => readonly number[]): Field {
  const values = Array.from({ length: ROWS * COLS }, (_, i) => compute(Math.floor(i / COLS), i % COLS));
  const nothing = Array.from({ length: channels }, () => 0);
  return (row, col) => (isInside(row, col) ? values[row * COLS + col]! : nothing);
}

/** The matrix of one tap of a kernel [outputs, inputs, taps], times what the tap reads. */
function product(
  weights: Float64Array,
  outputs: number,
  taps: number,
  tap: number,
  read: readonly number[],
): number[] {
  return Array.from({ length: outputs }, (_, output) =>
    read.reduce((sum, value, i) => sum + weights[(output * read.length + i) * taps + tap]! * value, 0),
  );
}

const pointLayer = (weights: Weights, name: string, outputs: number, x: Field): Field =>
  field(outputs, (row, col) =>
    plus(product(weights[`${name}.weight`]!, outputs, 1, 0, x(row, col)), [...weights[`${name}.bias`]!]),
  );

/** 7 x 7, mask A: three rows above whole, of the own row three pixels to the left. */
const firstLayer = (weights: Weights, x: Field): Field =>
  field(2 * H, (row, col) => {
    let sums = [...weights["first.bias"]!];
    for (let up = 3; up >= 0; up--)
      for (let right = -3; right <= 3; right++) {
        if (up === 0 && right >= 0) continue;
        const tap = (3 - up) * 7 + right + 3;
        sums = plus(sums, product(weights["first.weight"]!, 2 * H, 28, tap, x(row - up, col + right)));
      }
    return sums;
  });

/** Equation 3: [o, f, i, g] = [s(..), s(..), s(..), tanh(..)], c = f c' + i g, h = o tanh(c). */
function cell(sums: readonly number[], before: readonly number[]): { c: number[]; h: number[] } {
  const [o, f, i] = [0, 1, 2].map((gate) => sums.slice(gate * H, (gate + 1) * H).map(sigmoid));
  const content = sums.slice(3 * H).map(Math.tanh);
  const c = content.map((value, unit) => f![unit]! * before[unit]! + i![unit]! * value);
  return { c, h: c.map((value, unit) => o![unit]! * Math.tanh(value)) };
}

const relu =
  (x: Field): Field =>
  (row, col) =>
    x(row, col).map((value) => Math.max(value, 0));
const sum =
  (a: Field, b: Field): Field =>
  (row, col) =>
    plus(a(row, col), b(row, col));

const logitsOf = (weights: Weights, features: Field): Field => {
  const head0 = pointLayer(weights, "head0", 6, relu(features));
  return pointLayer(weights, "logits", LEVELS, relu(pointLayer(weights, "head1", 6, relu(head0))));
};

function rowLstmLayer(weights: Weights, name: string, x: Field): Field {
  const at = (part: string) => weights[`${name}.${part}`]!;
  const cells = new Map<string, readonly number[]>();
  const hidden = new Map<string, readonly number[]>();
  const state = (of: Map<string, readonly number[]>, initial: Float64Array, row: number, col: number) =>
    col < 0 || col >= COLS ? [...initial].map(() => 0) : row < 0 ? [...initial] : of.get(`${row} ${col}`)!;
  for (let row = 0; row < ROWS; row++)
    for (let col = 0; col < COLS; col++) {
      let sums = [...at("input.bias")];
      // 1 x 3 with mask B is the pixel to the left and the pixel itself.
      [-1, 0].forEach((right, tap) => {
        sums = plus(sums, product(at("input.weight"), 4 * H, 2, tap, x(row, col + right)));
      });
      [-1, 0, 1].forEach((right, tap) => {
        const above = state(hidden, at("state.initial"), row - 1, col + right);
        sums = plus(sums, product(at("state.weight"), 4 * H, 3, tap, above));
      });
      const { c, h } = cell(sums, state(cells, at("cell.initial"), row - 1, col));
      cells.set(`${row} ${col}`, c);
      hidden.set(`${row} ${col}`, h);
    }
  const output: Field = (row, col) => hidden.get(`${row} ${col}`)!;
  return sum(x, pointLayer(weights, `${name}.out`, 2 * H, output));
}

/** From one of the upper corners: a state reads the one above and the one towards the corner. */
function diagonalLstm(weights: Weights, name: string, x: Field, towards: -1 | 1): Field {
  const input = pointLayer(weights, `${name}.input`, 4 * H, x);
  const cells = new Map<string, readonly number[]>();
  const hidden = new Map<string, readonly number[]>();
  const nothing = Array.from({ length: H }, () => 0);
  const read = (of: typeof cells, row: number, col: number) => of.get(`${row} ${col}`) ?? nothing;
  for (let row = 0; row < ROWS; row++)
    for (let i = 0; i < COLS; i++) {
      const col = towards === -1 ? i : COLS - 1 - i;
      const states = [...read(hidden, row - 1, col), ...read(hidden, row, col + towards)];
      const sums = plus(input(row, col), product(weights[`${name}.state.weight`]!, 4 * H, 1, 0, states));
      const { c, h } = cell(sums, read(cells, row, col + towards));
      cells.set(`${row} ${col}`, c);
      hidden.set(`${row} ${col}`, h);
    }
  return (row, col) => read(hidden, row, col);
}

function diagonalBilstmLayer(weights: Weights, name: string, x: Field): Field {
  const left = diagonalLstm(weights, `${name}.left`, x, -1);
  const right = diagonalLstm(weights, `${name}.right`, x, 1);
  const both: Field = (row, col) => plus(left(row, col), right(row - 1, col));
  return sum(x, pointLayer(weights, `${name}.out`, 2 * H, both));
}

describe.each([
  { model: "row-lstm", layer: rowLstmLayer },
  { model: "diagonal-bilstm", layer: diagonalBilstmLayer },
])("$model", ({ model, layer }) => {
  test.each([1, 2, 3])("is what the paper says, pixel by pixel (weights %i)", (seed) => {
    const { logits, picture, declarations } = buildNetwork(
      {
        model,
        modelConfig: { width: H, depth: DEPTH, head: 6 },
        likelihood: "categorical",
        levels: LEVELS,
        size: { channels: 1, rows: ROWS, cols: COLS },
      },
      1,
    );
    // Large enough that all gates bend, and biases and initial states are not zero.
    const weights = Object.fromEntries(
      declarations.map(({ name, shape }, i) => [
        name,
        randomNumbers(sizeOf(shape), 100 * seed + i).map(
          (value) => value * (sizeOf(shape) > 200 ? 0.3 : 0.8),
        ),
      ]),
    );
    const levels = randomNumbers(ROWS * COLS, seed).map((value) => Math.floor(((value + 1) / 2) * LEVELS));
    const [received] = evaluate([logits], { ...weights, [picture.attributes.name]: levels });

    const scaled: Field = (row, col) => [
      isInside(row, col) ? (2 * levels[row * COLS + col]!) / (LEVELS - 1) - 1 : 0,
    ];
    let features = firstLayer(weights, scaled);
    for (let i = 0; i < DEPTH; i++) features = layer(weights, `layer${i}`, features);
    const wanted = logitsOf(weights, features);

    let spread = 0;
    for (let row = 0; row < ROWS; row++)
      for (let col = 0; col < COLS; col++)
        wanted(row, col).forEach((value, level) => {
          const other = received![(level * ROWS + row) * COLS + col]!;
          expect(Math.abs(other - value)).toBeLessThan(1e-12);
          spread = Math.max(spread, Math.abs(value - wanted(0, 0)[level]!));
        });
    // The logits differ from pixel to pixel.
    expect(spread).toBeGreaterThan(0.01);
  });
});

describe("the receptive field", () => {
  const seen = (model: string, rows: number, cols: number, depth: number) => {
    const { logits, picture } = buildNetwork(
      {
        model,
        modelConfig: { ...modelByName(model).defaults, width: 2, depth },
        likelihood: "bernoulli",
        levels: 2,
        size: { channels: 1, rows, cols },
      },
      1,
    );
    return receptiveField(logits, picture)!;
  };

  test("of Row LSTM is a triangle that widens upwards", () => {
    const { drawing } = seen("row-lstm", 6, 28, 1);
    expect(`\n${drawing}\n`).toMatchInlineSnapshot(`
      "
      #################
      .###############.
      ..#############..
      ...###########...
      ....#########....
      .....####@
      "
    `);
  });

  test.each([1, 2, 4])("of Row LSTM with %i layers is the triangles of all of them", (depth) => {
    const [rows, cols] = [9, 61];
    const { drawing, left } = seen("row-lstm", rows, cols, depth);
    const lines = drawing.split("\n");
    lines.forEach((line, i) => {
      const up = lines.length - 1 - i;
      const [first, last] = [line.indexOf("#") - left, line.lastIndexOf("#") - left];
      // The kernel of the first layer reaches three columns, input-to-state of each layer one more to the left, and the
      // states one more to both sides with each row. To the right it begins in the row above, with the kernel alone.
      expect({ up, first }).toEqual({ up, first: -3 - depth - up });
      expect({ up, last }).toEqual({ up, last: up === 0 ? -1 : 3 + up - 1 });
      expect(line.slice(line.indexOf("#"), line.lastIndexOf("#") + 1)).toMatch(/^#+$/);
    });
  });

  test.each([1, 3])("of Diagonal BiLSTM with %i layers is everything before the pixel", (depth) => {
    const [rows, cols] = [7, 12];
    const { pixels, blindPixels, above, left, right } = seen("diagonal-bilstm", rows, cols, depth);
    expect({ pixels, blindPixels, above, left, right }).toEqual({
      pixels: (rows - 1) * (2 * cols - 1) + cols - 1,
      blindPixels: 0,
      above: rows - 1,
      left: cols - 1,
      right: cols - 1,
    });
  });
});
