import * as fc from "fast-check";
import { expect, test } from "vitest";
import * as g from "../../src/graph/language.ts";
import type { Node } from "../../src/graph/node.ts";
import { lowerToSteps } from "../../src/lower/step/lower.ts";
import { bytesOfStepMachine } from "../../src/runtime/step/machine.ts";
import { evaluate } from "../reference/evaluate.ts";
import {
  expectClose,
  expectSameBits,
  logitsPixelByPixel,
  logitsRowByRow,
  randomLevels,
} from "../runtime/logits.ts";

// Networks that read a field which is known in advance: what does not depend on the picture is computed rows ahead.

const LEVELS = 4;
const PICTURES = 2;
const CHANNELS = 3;

/** From a field to another one, which may read it anywhere near. `seed` chooses the weights. */
type Layer = (field: Node, seed: number) => Node;

const weightsOf = (shape: readonly number[], seed: number) => {
  const count = shape.reduce((a, b) => a * b);
  const fanIn = count / shape[0]!;
  return g.constant(
    Float32Array.from(randomLevels(count, 129, seed), (level) => (level / 64 - 1) * Math.sqrt(3 / fanIn)),
    shape,
  );
};

const around = (rows: number, cols = rows) => ({ top: rows, left: cols, bottom: rows, right: cols });

/** A convolution without a mask, of any kernel and dilation. */
const plain = fc
  .record({
    outputs: fc.constantFrom(1, 3, 5),
    side: fc.constantFrom(0, 1, 2),
    dilation: fc.constantFrom(1, 2),
  })
  .map(
    ({ outputs, side, dilation }): Layer =>
      (x, seed) =>
        g.conv(x, weightsOf([outputs, x.shape[1]!, 2 * side + 1, 2 * side + 1], seed), {
          pad: around(side * dilation),
          dilation: [dilation, dilation],
        }),
  );

const layer: fc.Arbitrary<Layer> = fc.oneof(
  { weight: 3, arbitrary: plain },
  fc.constant<Layer>((x) => g.relu(x)),
  fc.constant<Layer>((x) => g.mul(g.tanh(x), g.sigmoid(x))),
  plain.map(
    (build): Layer =>
      (x, seed) =>
        g.concat([x, build(g.elu(x), seed)], 1),
  ),
  // As many channels as it takes for columns to be computed together.
  fc.boolean().map((isBelow): Layer => (x, seed) => {
    const many = g.conv(x, weightsOf([18, x.shape[1]!, 1, 1], seed));
    return isBelow
      ? g.conv(g.shift(many, -1, 0), weightsOf([16, 18, 2, 3], seed + 1), {
          pad: { left: 1, right: 1, bottom: 1 },
        })
      : g.conv(many, weightsOf([16, 18, 3, 3], seed + 1), { pad: around(1) });
  }),
  fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 })).map(
    ([rows, cols]): Layer =>
      (x) =>
        g.add(g.mul(0.5, x), g.shift(x, rows, cols)),
  ),
  fc.constant<Layer>((x) => g.sub(x, g.sum(x, [1]))),
  // Half as many rows and columns, a layer there, and up again.
  fc.tuple(plain, fc.constantFrom(2, 3)).map(([inner, kernel]): Layer => (x, seed) => {
    const channels = x.shape[1]!;
    const pad = kernel === 3 ? around(1) : {};
    const smaller = g.conv(x, weightsOf([3, channels, kernel, kernel], seed), { pad, stride: [2, 2] });
    const deeper = inner(smaller, seed + 1);
    const larger = weightsOf([deeper.shape[1]!, channels, 2, 2], seed + 2);
    return g.add(x, g.convTranspose(deeper, larger, { stride: [2, 2] }));
  }),
  // Beside a constant of every position, and of a constant alone.
  fc.constant<Layer>((x) => g.concat([x, g.broadcast(g.constant([1], [1, 1, 1, 1]), x.shape.with(1, 1))], 1)),
);

/** Logits that know the rows above, pixels to the left, and features of the field at their place and around it. */
function network(layers: readonly Layer[], seed: number, rows: number, cols: number) {
  const picture = g.input("picture", [1, 1, rows, cols]);
  const field = g.input("field", [1, CHANNELS, rows, cols]);
  const features = layers.reduce<Node>((x, build, i) => build(x, seed + 10 * i), field);
  const x = g.sub(g.mul(picture, 2 / (LEVELS - 1)), 1);
  const above = g.conv(g.shift(x, 1, 0), weightsOf([4, 1, 2, 3], seed), {
    pad: { top: 1, left: 1, right: 1 },
  });
  const beside = g.conv(g.shift(x, 0, 1), weightsOf([4, 1, 1, 2], seed + 1), { pad: { left: 1 } });
  const bias = (place: number) => g.conv(features, weightsOf([4, features.shape[1]!, 1, 1], seed + place));
  const seen = g.add(g.tanh(g.add(above, bias(2))), g.relu(g.add(beside, bias(3))));
  const logits = g.conv(
    g.concat([seen, g.shift(field, -1, 2)], 1),
    weightsOf([LEVELS, 4 + CHANNELS, 1, 1], seed),
  );
  return { logits, picture, field };
}

async function expectSameLogits(layers: readonly Layer[], seed: number, rows: number, cols: number) {
  const { logits, picture, field } = network(layers, seed, rows, cols);
  const [length, ofField] = [rows * cols, CHANNELS * rows * cols];
  const levels = randomLevels(PICTURES * length, LEVELS, seed);
  const values = Float32Array.from(randomLevels(PICTURES * ofField, 9, seed + 1), (level) => level / 4 - 1);
  const known = lowerToSteps(logits, picture, { known: true, field });
  const rowByRow = await logitsRowByRow(known, levels, rows, PICTURES, { field: values });
  const wanted = Array.from({ length: PICTURES }, (_, m) => [
    ...evaluate([logits], {
      picture: levels.subarray(m * length, (m + 1) * length),
      field: values.subarray(m * ofField, (m + 1) * ofField),
    })[0]!,
  ]);
  expectClose(rowByRow, wanted.flat(), 1e-4);
  const unknown = lowerToSteps(logits, picture, { known: false, field });
  expectSameBits(await logitsPixelByPixel(unknown, levels, rows, PICTURES, { field: values }), rowByRow);
}

test("random networks with a field: the same bits pixel by pixel as row by row, and the float64 logits", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(layer, { minLength: 1, maxLength: 5 }),
      fc.nat(1000),
      fc.constantFrom([2, 4], [4, 8], [8, 6]),
      (layers, seed, [rows, cols]) => expectSameLogits(layers, seed, rows!, cols!),
    ),
    { seed: 9, numRuns: 50 },
  );
});

test("the program and its memory do not depend on the height", async () => {
  const layers: Layer[] = [
    (x, seed) => g.conv(x, weightsOf([16, x.shape[1]!, 3, 3], seed), { pad: around(1) }),
    (x, seed) => g.relu(g.conv(x, weightsOf([16, 16, 3, 3], seed), { pad: around(2), dilation: [2, 2] })),
    (x, seed) => g.conv(x, weightsOf([16, 16, 3, 3], seed), { pad: around(1) }),
  ];
  const programOf = (rows: number) => {
    const { logits, picture, field } = network(layers, 3, rows, 8);
    return lowerToSteps(logits, picture, { known: false, field });
  };
  const [short, tall] = [programOf(8), programOf(40)];
  expect(short).toEqual(tall);
  expect(bytesOfStepMachine(short, 1)).toBe(bytesOfStepMachine(tall, 1));
  // A convolution of three rows reads one below, one with dilation 2 two; a network of all three four.
  expect(Math.max(...short.fields.map(({ lead }) => lead))).toBe(4);
});

test("a field that a program reads must be given", async () => {
  const { logits, picture, field } = network([], 1, 4, 4);
  const program = lowerToSteps(logits, picture, { known: true, field });
  await expect(logitsRowByRow(program, new Uint8Array(16), 4, 1)).rejects.toThrow(
    expect.objectContaining({
      code: "ARGUMENT",
      message: "expected 48 numbers for the field, received undefined",
    }),
  );
});
