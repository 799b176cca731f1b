import * as fc from "fast-check";
import { expect, test } from "vitest";
import { gradients } from "../../src/autodiff/gradients.ts";
import * as g from "../../src/graph/language.ts";
import { type Node, is } from "../../src/graph/node.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { topologicalOrder } from "../../src/graph/walk.ts";
import { evaluate } from "../reference/evaluate.ts";
import { openSession } from "../../src/runtime/ort.ts";
import { randomNumbers } from "../graph/primitive-cases.ts";

type Offset = readonly [rows: number, cols: number];

/** The six orders: a position (r, c) has the step rows * r + cols * c. */
const ORDERS: readonly Offset[] = [
  [1, 0],
  [-1, 0],
  [1, 1],
  [1, -1],
  [-1, 1],
  [-1, -1],
];

/** A field that is made of the state. */
interface Inner {
  readonly field: Node;
  /** How many steps before a position everything lies that it reads there: 1 at least. */
  readonly before: number;
  /** How many rows and columns away it may lie. */
  readonly extent: Offset;
}

/** What a body is made with. */
interface Surroundings {
  readonly order: Offset;
  /** [batch, channels, rows, cols] of every field. */
  readonly size: { readonly batch: number; readonly rows: number; readonly cols: number };
  /** Fields that do not depend on the state. */
  readonly captured: readonly Node[];
  /** A new parameter. */
  parameter(shape: readonly number[]): Node;
}

type Step = (inner: Inner, surroundings: Surroundings, captured: Node) => Inner;

const channelsOf = ({ shape }: Node): number => shape[1]!;

const fieldShape = ({ size: { batch, rows, cols } }: Surroundings, channels: number) => [
  batch,
  channels,
  rows,
  cols,
];

/** As many channels, made of all of them. */
function withChannels(field: Node, channels: number): Node {
  const [own, times] = [channelsOf(field), Math.ceil(channels / channelsOf(field))];
  const repeated = g.concat(
    Array.from({ length: times }, () => field),
    1,
  );
  const first = g.slice(repeated, 1, 0, channels);
  return own > channels ? g.add(first, g.mul(0.3, g.sum(field, [1]))) : first;
}

/** What is read at the given places, if all of it is computed before, and some of it may be in the picture. */
function moved(
  inner: Inner,
  { order, size }: Surroundings,
  places: readonly Offset[],
  make: (field: Node) => Node,
): Inner {
  const before = inner.before - Math.max(...places.map(([rows, cols]) => order[0] * rows + order[1] * cols));
  const furthest = (axis: 0 | 1) =>
    inner.extent[axis] + Math.max(...places.map((place) => Math.abs(place[axis])));
  const extent: Offset = [furthest(0), furthest(1)];
  const isPossible = before >= 1 && extent[0] < size.rows && extent[1] < size.cols;
  return isPossible ? { field: make(inner.field), before, extent } : inner;
}

const offset = fc.tuple(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -2, max: 2 }));

const shifted: fc.Arbitrary<Step> = offset.map(
  ([rows, cols]): Step =>
    (inner, surroundings) =>
      moved(inner, surroundings, [[rows, cols]], (field) => g.shift(field, -rows, -cols)),
);

/** A convolution with any kernel, offset, dilation and mask. */
const convolved: fc.Arbitrary<Step> = fc
  .record({
    kernel: fc.constantFrom<Offset>([1, 1], [1, 3], [2, 1], [2, 2], [2, 3]),
    first: offset,
    dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    outputs: fc.integer({ min: 1, max: 4 }),
    keptTaps: fc.option(fc.array(fc.boolean(), { minLength: 6, maxLength: 6 })),
  })
  .map(({ kernel, first: [top, left], dilation, outputs, keptTaps }): Step => (inner, surroundings) => {
    const places = Array.from({ length: kernel[0] * kernel[1] }, (_, tap): Offset => {
      const [row, col] = [Math.floor(tap / kernel[1]), tap % kernel[1]];
      return [top + row * dilation[0], left + col * dilation[1]];
    });
    return moved(inner, surroundings, places, (field) => {
      const shape = [outputs, channelsOf(field), ...kernel];
      // Of some taps nothing is left; of the others the first output has everything.
      const isKept = (i: number) =>
        keptTaps?.[i % places.length] && (i < channelsOf(field) * places.length || i % 5 !== 2);
      const values = Uint8Array.from({ length: sizeOf(shape) }, (_, i) => (isKept(i) ? 1 : 0));
      return g.conv(field, surroundings.parameter(shape), {
        pad: {
          top: -top,
          bottom: top + (kernel[0] - 1) * dilation[0],
          left: -left,
          right: left + (kernel[1] - 1) * dilation[1],
        },
        dilation: [...dilation],
        mask: keptTaps ? { shape, values } : undefined,
      });
    });
  });

/** Functions of one position. */
const pointwise = (f: (field: Node, surroundings: Surroundings, captured: Node) => Node): Step => {
  return (inner, surroundings, captured) => ({ ...inner, field: f(inner.field, surroundings, captured) });
};

const functions = fc.constantFrom<Step>(
  pointwise(g.tanh),
  pointwise(g.sigmoid),
  pointwise(g.elu),
  pointwise(g.neg),
  pointwise((h) => g.exp(g.tanh(h))),
  pointwise((h) => g.log(g.add(g.mul(h, h), 1))),
  pointwise((h) => g.sqrt(g.add(g.mul(h, h), 0.5))),
  pointwise((h) => g.div(h, g.add(g.abs(h), 1.5))),
  pointwise((h) => g.add(h, g.sum(g.tanh(h), [1]))),
  pointwise((h) => g.mul(g.sigmoid(h), g.slice(h, 1, 0, 1))),
  pointwise((h) => g.broadcast(g.sum(h, [1]), h.shape.with(1, 3))),
  pointwise((h) => g.concat([h, g.tanh(h)], 1)),
  pointwise((h) => g.add(g.slice(h, 1, channelsOf(h) - 1, channelsOf(h)), g.max(h, [1]))),
  pointwise((h) => g.pad(h, 1, 1, 0)),
  pointwise((h) => g.pad(h, 1, 0, 2)),
);

/** An operand that is there before the state: fields, and what is the same for some positions, channels or pictures. */
const operands: fc.Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom<(surroundings: Surroundings, channels: number, captured: Node) => Node>(
      (_, channels, captured) => withChannels(captured, channels),
      (_, channels, captured) => g.tanh(withChannels(captured, channels)),
      (_, channels, captured) => g.shift(withChannels(captured, channels), 1, -1),
      (surroundings, channels) => surroundings.parameter(fieldShape(surroundings, channels)),
      (surroundings, channels) => surroundings.parameter([surroundings.size.batch, channels, 1, 1]),
      (surroundings, channels) => surroundings.parameter([1, channels, 1, 1]),
      (surroundings) => surroundings.parameter([surroundings.size.rows, 1]),
      (surroundings) => surroundings.parameter([1, 1, 1, surroundings.size.cols]),
      ({ size }, channels) => g.constant(randomNumbers(channels * size.rows, 4), [1, channels, size.rows, 1]),
      ({ size }) => g.constant(randomNumbers(size.rows * size.cols, 5), [size.rows, size.cols]),
      () => g.constant([-0.4], []),
    ),
    fc.constantFrom<(a: Node, b: Node) => Node>(
      g.add,
      g.sub,
      g.mul,
      (a, b) => g.mul(g.sigmoid(b), a),
      (a, b) => g.where(g.greater(b, 0), a, b),
      (a, b) => g.concat([a, withChannels(g.mul(b, a), 1)], 1),
    ),
  )
  .map(([make, combine]) =>
    pointwise((field, surroundings, captured) =>
      combine(field, make(surroundings, channelsOf(field), captured)),
    ),
  );

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: shifted },
  { weight: 3, arbitrary: convolved },
  { weight: 4, arbitrary: functions },
  { weight: 4, arbitrary: operands },
);

/** What is read of one state: first of all somewhere else. */
const reading = fc.record({
  state: fc.nat(1),
  first: offset,
  steps: fc.array(step, { maxLength: 5 }),
  captured: fc.nat(7),
});

const recurrence = fc.record({
  order: fc.constantFrom(...ORDERS),
  states: fc.array(
    fc.record({
      channels: fc.integer({ min: 1, max: 3 }),
      readings: fc.array(reading, { minLength: 1, maxLength: 3 }),
      last: fc.constantFrom<(sum: Node, own: Node) => Node>(
        (sum) => g.tanh(sum),
        (sum, own) => g.add(g.mul(0.5, g.sigmoid(sum)), own),
        (sum, own) => g.mul(g.tanh(sum), g.sigmoid(own)),
      ),
      captured: fc.nat(7),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  areAllUsed: fc.boolean(),
});

type Recurrence = typeof recurrence extends fc.Arbitrary<infer T> ? T : never;

/** The states of a recurrence. */
function built({ order, states }: Recurrence, surroundings: Surroundings): Node[] {
  const from = (index: number) => surroundings.captured[index % surroundings.captured.length]!;
  return g.recur(
    states.map(({ channels }) => fieldShape(surroundings, channels)),
    (fields) =>
      states.map(({ channels, readings, last, captured }) => {
        const terms = readings.map(({ state, first: [rows, cols], steps, captured: other }) => {
          const isBefore = order[0] * rows + order[1] * cols < 0;
          const [row, col] = isBefore ? [rows, cols] : [-order[0], 0];
          const start: Inner = {
            field: g.shift(fields[state % fields.length]!, -row, -col),
            before: -(order[0] * row + order[1] * col),
            extent: [Math.abs(row), Math.abs(col)],
          };
          const { field } = steps.reduce((inner, next) => next(inner, surroundings, from(other)), start);
          return withChannels(field, channels);
        });
        const own = withChannels(from(captured), channels);
        return last(
          terms.reduce((sum, term) => g.add(sum, term)),
          own,
        );
      }),
  );
}

/** One recurrence upon the other, over the same picture. */
function network(recurrences: readonly Recurrence[], size: Surroundings["size"]): Node {
  let count = 0;
  const parameter = (shape: readonly number[]) => g.parameter(`p${count++}`, shape);
  const x = g.parameter("x", [size.batch, 2, size.rows, size.cols]);
  const captured: Node[] = [x];
  let last: Node = x;
  for (const one of recurrences) {
    const states = built(one, { order: one.order, size, captured, parameter });
    captured.unshift(...states);
    last = one.areAllUsed ? g.concat(states, 1) : states[0]!;
  }
  return last;
}

const RELATIVE = 1e-4;
const STEP = 1e-5;

test("random recurrences: ONNX Runtime, values and gradients, as the float64 reference, whose gradients are those of differences", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(recurrence, { minLength: 1, maxLength: 2 }),
      fc.record({
        batch: fc.integer({ min: 1, max: 2 }),
        rows: fc.integer({ min: 1, max: 5 }),
        cols: fc.integer({ min: 1, max: 5 }),
      }),
      fc.nat(1000),
      async (recurrences, size, seed) => {
        const output = network(recurrences, size);
        const parameters = topologicalOrder([output]).filter((node): node is Node<"parameter"> =>
          is(node, "parameter"),
        );
        const feeds = Object.fromEntries(
          parameters.map(({ attributes: { name }, shape }, i) => [
            name,
            Float32Array.from(randomNumbers(sizeOf(shape), seed + i).map((value) => 0.8 * value)),
          ]),
        );
        const weights = g.constant(randomNumbers(sizeOf(output.shape), seed), output.shape);
        const loss = g.sum(g.mul(g.mul(output, output), weights));
        const derivatives = gradients(loss, parameters);
        const wanted = evaluate([output, ...derivatives], feeds);

        const session = await openSession(
          {
            name: "recurrence",
            outputs: Object.fromEntries([output, ...derivatives].map((node, i) => [`out${i}`, node])),
          },
          { threads: 1 },
        );
        const received = await session.run(feeds);
        await session.close();
        wanted.forEach((values, i) => {
          const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
          const furthest = values.reduce(
            (max, value, k) => Math.max(max, Math.abs(value - received[`out${i}`]![k]!)),
            0,
          );
          expect(received[`out${i}`]!.length).toBe(values.length);
          expect(furthest).toBeLessThan(RELATIVE * largest);
        });

        const directions = parameters.map(({ shape }, i) => randomNumbers(sizeOf(shape), 2000 + i));
        const lossAt = (distance: number) => {
          const there = parameters.map(({ attributes: { name } }, i) => [
            name,
            Float64Array.from(feeds[name]!, (value, k) => value + distance * directions[i]![k]!),
          ]);
          return evaluate([loss], Object.fromEntries(there))[0]![0]!;
        };
        const byDifferences = (lossAt(STEP) - lossAt(-STEP)) / (2 * STEP);
        const byGradients = wanted
          .slice(1)
          .reduce((sum, values, i) => values.reduce((t, d, k) => t + d * directions[i]![k]!, sum), 0);
        expect(Math.abs(byGradients - byDifferences)).toBeLessThan(
          1e-6 * Math.max(1, Math.abs(byDifferences)),
        );
      },
    ),
    { seed: 11, numRuns: 60 },
  );
});
