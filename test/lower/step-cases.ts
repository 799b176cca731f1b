import * as g from "../../src/graph/language.ts";
import { makeNode, named, type Node } from "../../src/graph/node.ts";
import { POINTWISE, pointwiseTable, type PointwisePrimitive } from "../../src/graph/pointwise.ts";
import type { ConvMask, Primitive } from "../../src/graph/primitives.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { randomNumbers } from "../graph/primitive-cases.ts";

export const ROWS = 4;
export const COLS = 5;

/** What the cases compute with. Fields of the picture's size and multiples of 1/4 in [-1, 1]: exact in float32. */
export interface Fields {
  /** As many channels as the picture. */
  readonly x: Node;
  /** As many, in two parts that are known at different times. */
  readonly y: Node;
  /** As many, known when the row is begun: all its columns may be read. */
  readonly above: Node;
  /** A single channel. */
  readonly one: Node;
}

export type Build = (fields: Fields) => Node;

export interface StepCases {
  /** What can be computed pixel by pixel. Node and operands are read at their own pixel, and may be read so. */
  readonly computed: readonly Build[];
  /** What cannot. The node in question is named "spot". */
  readonly refused: readonly Build[];
}

const spot = (node: Node) => named(node, "spot");
const channelsOf = ({ shape }: Node) => shape[1]!;

/** Multiples of 1/4 as well, so that some are equal to those of the fields. */
const numbers = (shape: readonly number[], seed: number, isPositive = false) =>
  g.constant(
    randomNumbers(sizeOf(shape), seed, isPositive).map((value) => Math.round(4 * value) / 4),
    shape,
  );

const weights = (shape: readonly number[], seed: number) => {
  const scale = 1 / Math.sqrt(sizeOf(shape.slice(1)));
  return g.constant(
    randomNumbers(sizeOf(shape), seed).map((value) => scale * value),
    shape,
  );
};

/** Shapes of constants that broadcast to a field of so many channels. */
const constantShapes = (channels: number): number[][] => [
  [],
  [1],
  [channels, 1, 1],
  [1, 1, 1, 1],
  [1, channels, 1, 1],
  [COLS],
  [ROWS, 1],
  [1, 1, ROWS, COLS],
  [1, channels, 1, COLS],
  [1, channels, ROWS, COLS],
];

const positive = (x: Node) => g.add(g.abs(x), 0.5);

const unary = (f: (x: Node) => Node, prepare = (x: Node) => x): StepCases => ({
  computed: [({ x }) => f(prepare(x)), ({ y }) => f(prepare(y)), ({ one }) => f(prepare(one))],
  refused: [],
});

/** f with operands of all kinds, on both sides. */
function binary(f: (a: Node, b: Node) => Node, { isPositive = false } = {}): StepCases {
  const right = (x: Node) => (isPositive ? positive(x) : x);
  const withConstant = constantShapes(1).flatMap((_, i): Build[] => [
    ({ x }) => f(x, numbers(constantShapes(channelsOf(x))[i]!, 20 + i, isPositive)),
    ({ y }) => f(numbers(constantShapes(channelsOf(y))[i]!, 40 + i), right(y)),
  ]);
  return {
    computed: [
      ({ x, y }) => f(x, right(y)),
      ({ x, y }) => f(y, right(x)),
      ({ x }) => f(x, right(x)),
      ({ x, one }) => f(x, right(one)),
      ({ y, one }) => f(one, right(y)),
      ({ one, x }) => f(one, numbers([channelsOf(x), ROWS, COLS], 19, isPositive)),
      ...withConstant,
    ],
    refused: [],
  };
}

/** Of any pointwise primitive that takes all numbers. */
const pointwise = (op: PointwisePrimitive): StepCases =>
  POINTWISE[op].length === 1
    ? unary((x) => makeNode(op, [x], {}))
    : binary((a, b) => makeNode(op, [a, b], {}));

/** Two fields, a constant and a comparison take all roles. */
const chosen: StepCases = {
  computed: [
    ({ x, y }) => g.where(g.greater(x, 0), x, y),
    ({ x, y }) => g.where(x, y, 7),
    ({ x, y, one }) => g.where(one, y, x),
    ({ x, y, one }) => g.where(g.equal(x, y), one, y),
    ({ x }) => g.where(x, numbers([1, channelsOf(x), 1, 1], 1), numbers([ROWS, COLS], 2)),
    ({ x, y }) => g.where(g.constant([0, 1, 0, 2, 0].slice(0, COLS)), x, y),
  ],
  refused: [],
};

const mask = (shape: readonly number[], keep: (i: number) => boolean): ConvMask => ({
  shape,
  values: Uint8Array.from({ length: sizeOf(shape) }, (_, i) => (keep(i) ? 1 : 0)),
});

interface Kernel extends g.ConvOptions {
  readonly kernel: readonly [number, number];
  readonly outputs?: number;
  readonly keep?: (i: number) => boolean;
}

function convolved(x: Node, { kernel, outputs = 4, keep, ...options }: Kernel): Node {
  const shape = [outputs, channelsOf(x), ...kernel];
  return g.conv(x, weights(shape, 5), { ...options, mask: keep && mask(shape, keep) });
}

/** Kernels that read no column to the right in their own row. */
const CAUSAL: readonly Kernel[] = [
  ...[1, 3, 5, 17, 33].map((outputs) => ({ kernel: [1, 1] as const, outputs })),
  { kernel: [1, 2], pad: { left: 1 }, outputs: 7 },
  // The right half of the last row is masked out.
  { kernel: [2, 3], pad: { top: 1, left: 1, right: 1 }, keep: (i) => i % 6 !== 5, outputs: 18 },
  { kernel: [2, 3], pad: { top: 1, left: 1, right: 1 }, keep: (i) => i % 6 !== 5 && i % 5 !== 1, outputs: 3 },
  { kernel: [1, 1], keep: (i) => i % 3 !== 1, outputs: 9 },
  { kernel: [2, 2], pad: { top: 1, left: 1 }, keep: () => false },
  // Only the first outputs read anything.
  { kernel: [1, 2], pad: { left: 1 }, keep: (i) => i < 2, outputs: 5 },
  { kernel: [2, 2], dilation: [2, 3], pad: { top: 2, left: 3 } },
  { kernel: [3, 2], dilation: [1, 2], pad: { top: 2, left: 2 }, outputs: 5 },
  // Reads neither its own row nor its own column.
  { kernel: [2, 2], pad: { top: 2, bottom: -1, left: 3, right: -2 } },
  // Some taps, and all taps, lie beyond every picture.
  { kernel: [6, 7], pad: { top: 5, left: 6 }, outputs: 2 },
  { kernel: [2, 1], pad: { top: 5, bottom: -4 }, outputs: 2 },
  { kernel: [1, 2], pad: { left: 6, right: -5 }, outputs: 2 },
];

const biasOf = (x: Node) => weights([1, channelsOf(x), 1, 1], 6);
const plain: Kernel = { kernel: [2, 2], pad: { top: 1, left: 1 } };

/** A convolution with as many outputs as `x` has channels. */
const same = (x: Node, seed = 0): Node => {
  const outputs = channelsOf(x);
  return g.conv(x, weights([outputs, outputs, 2, 2], 50 + seed), { pad: { top: 1, left: 1 } });
};

/** At least 17 channels: as many as it takes for three neighbouring columns to be computed in pairs. */
const widened = (...fields: readonly Node[]): Node => {
  const once = g.concat(fields, 1);
  return g.concat(
    Array.from({ length: Math.ceil(17 / channelsOf(once)) }, () => once),
    1,
  );
};

/** Kernels of three columns, as the vertical stack of Gated PixelCNN has them. */
const WIDE: readonly Kernel[] = [
  { kernel: [2, 3], pad: { top: 1, left: 1, right: 1 }, outputs: 16 },
  { kernel: [1, 3], pad: { left: 1, right: 1 }, outputs: 33 },
  { kernel: [3, 3], pad: { top: 2, left: 1, right: 1 }, outputs: 19 },
  // Dilated rows, columns to one side alone, and some columns beside the picture.
  { kernel: [2, 3], dilation: [2, 1], pad: { top: 2, left: 1, right: 1 }, outputs: 17 },
  { kernel: [1, 3], pad: { left: 2 }, outputs: 16 },
  { kernel: [1, 3], pad: { right: 2 }, outputs: 16 },
  { kernel: [2, 3], pad: { top: 1, left: -2, right: 4 }, outputs: 17 },
  { kernel: [2, 3], pad: { top: 1, left: 6, right: -4 }, outputs: 17 },
  // Not its own row, and rows above the picture alone.
  { kernel: [2, 3], pad: { top: 2, bottom: -1, left: 1, right: 1 }, outputs: 16 },
  { kernel: [1, 3], pad: { top: 5, bottom: -5, left: 1, right: 1 }, outputs: 16 },
  // Of which something is masked out: weights here and there, columns, the last row, and a row below.
  { kernel: [2, 3], pad: { top: 1, left: 1, right: 1 }, outputs: 17, keep: (i) => i % 7 !== 2 },
  { kernel: [2, 3], pad: { top: 1, left: 1, right: 1 }, outputs: 16, keep: (i) => i % 6 < 4 },
  { kernel: [2, 3], pad: { top: 1, left: 1, right: 1 }, outputs: 16, keep: (i) => i % 6 < 3 },
  { kernel: [3, 3], pad: { top: 1, bottom: 1, left: 1, right: 1 }, outputs: 16, keep: (i) => i % 9 < 6 },
  { kernel: [3, 3], pad: { top: 1, bottom: 1, left: 1, right: 1 }, outputs: 16, keep: (i) => i % 9 < 3 },
  { kernel: [2, 3], pad: { top: 1, left: 1, right: 1 }, outputs: 16, keep: () => false },
];

/** Kernels that read rows above alone, so that they may look to the right in any field. */
const IN_ANY_FIELD: readonly Kernel[] = [
  { kernel: [2, 3], pad: { top: 2, bottom: -1, left: 1, right: 1 }, outputs: 16 },
  { kernel: [2, 3], pad: { top: 1, left: 1, right: 1 }, outputs: 16, keep: (i) => i % 6 < 3 },
  { kernel: [3, 3], pad: { top: 2, left: 1, right: 1 }, outputs: 18, keep: (i) => i % 9 < 6 },
  { kernel: [3, 3], pad: { top: 1, bottom: 1, left: 1, right: 1 }, outputs: 16, keep: (i) => i % 9 < 3 },
];

/** As many times the channels, which are those of a wide kernel's result. */
const wide = (x: Node, outputs = 16): Node =>
  convolved(x, { kernel: [2, 3], pad: { top: 1, left: 1, right: 1 }, outputs });

/** A 1x1 convolution. */
const point = (x: Node, options: Partial<Kernel> = {}): Node =>
  convolved(x, { kernel: [1, 1], outputs: 2, ...options });

const convolutions: StepCases = {
  computed: [
    ...CAUSAL.flatMap((kernel): Build[] => [
      ({ x }) => convolved(x, kernel),
      // Several segments and a number of inputs of its own.
      ({ x, y, above, one }) => convolved(g.concat([one, y, g.slice(above, 1, 0, 1), x, x, y], 1), kernel),
    ]),
    ({ above }) => convolved(above, { kernel: [2, 3], pad: { top: 1, left: 1, right: 1 }, outputs: 17 }),
    ({ above }) => convolved(above, { kernel: [1, 11], pad: { left: 5, right: 5 }, outputs: 3 }),
    ({ above }) =>
      convolved(above, { kernel: [2, 1], dilation: [1, 1], pad: { top: 1, left: -2, right: 2 } }),
    ...WIDE.map(
      (kernel): Build =>
        ({ above }) =>
          convolved(widened(above, g.tanh(above), g.slice(above, 1, 0, 1)), kernel),
    ),
    ...IN_ANY_FIELD.map(
      (kernel): Build =>
        ({ x, y, one }) =>
          convolved(widened(x, one, g.tanh(y)), kernel),
    ),
    // Of its own row only channels that are known when it is begun.
    ({ x, above }) => {
      const [early, late] = [widened(above), widened(x)];
      const inputs = channelsOf(early) + channelsOf(late);
      const isEarly = (i: number) => Math.floor(i / 6) % inputs < channelsOf(early);
      const keep = (i: number) => i % 6 < 3 || isEarly(i);
      const pad = { top: 1, left: 1, right: 1 };
      return convolved(g.concat([early, late], 1), { kernel: [2, 3], pad, outputs: 16, keep });
    },
    ({ above }) => wide(wide(widened(above), 21), 16),
    ({ above }) => g.relu(wide(widened(above))),
    ({ above }) => g.relu(g.add(wide(widened(above)), weights([1, 16, 1, 1], 6))),
    ({ above }) => g.relu(g.add(g.add(wide(widened(above)), 0.3), wide(widened(g.abs(above))))),
    ({ above }) => g.add(wide(widened(above), 17), g.slice(widened(g.tanh(above), above), 1, 0, 17)),
    ({ above }) => g.add(g.slice(widened(g.tanh(above), above), 1, 1, 17), wide(widened(above))),
    ({ above }) => g.add(wide(widened(above)), numbers([1, 16, ROWS, COLS], 7)),
    ({ above, x }) => g.add(wide(widened(above)), g.slice(widened(x), 1, 0, 16)),
    ({ above }) => {
      const h = wide(widened(above), 34);
      return g.mul(g.tanh(g.slice(h, 1, 0, 17)), g.sigmoid(g.slice(h, 1, 17, 34)));
    },
    // 1x1 after another one: one convolution, if nothing else reads what is between, and if that is less work.
    ({ x }) => point(convolved(x, plain)),
    ({ x }) => point(g.add(convolved(x, plain), weights([1, 4, 1, 1], 6))),
    ({ x }) => point(g.add(weights([4, 1, 1], 6), convolved(x, plain))),
    ({ x }) => point(g.add(convolved(x, plain), 0.3), { outputs: 9 }),
    ({ x }) => g.relu(g.add(point(point(g.add(convolved(x, plain), 0.3), { outputs: 3 })), -0.1)),
    ({ x, one }) => point(g.add(convolved(x, plain), one)),
    ({ x }) => point(g.relu(convolved(x, plain))),
    ({ x }) => point(convolved(x, plain), { keep: (i) => i !== 1 }),
    ({ x }) => point(convolved(x, { ...plain, keep: (i) => i % 3 !== 1 })),
    ({ x }) => point(convolved(x, plain), { pad: { left: 1, right: -1 } }),
    ({ x }) => point(convolved(x, plain), { pad: { top: 2, bottom: -2 } }),
    ({ above }) => point(wide(widened(above), 21)),
    ({ above }) => point(convolved(widened(above), plain), { pad: { left: -1, right: 1 } }),
    ({ x }) => {
      const shared = convolved(x, plain);
      return g.concat([point(shared), shared], 1);
    },
    // What is computed in one go with it.
    ({ x }) => g.relu(convolved(x, plain)),
    ({ x }) => g.relu(g.relu(convolved(x, plain))),
    ({ x }) => g.add(convolved(x, plain), numbers([1, 4, 1, 1], 6)),
    ({ x }) => g.add(numbers([4, 1, 1], 6), convolved(x, { ...plain, outputs: 4 })),
    ({ x }) => g.add(convolved(x, plain), 0.3),
    ({ x }) => g.relu(g.add(g.add(same(x), biasOf(x)), x)),
    ({ x, y }) => g.add(y, g.add(biasOf(x), same(x))),
    ({ x, y }) => g.add(g.add(same(x), y), biasOf(x)),
    ({ x, y }) => g.add(g.add(g.add(same(x), y), x), g.add(same(y, 1), biasOf(x))),
    ({ x }) => g.add(g.add(same(x), biasOf(x)), biasOf(x)),
    ({ x, above }) => g.relu(g.add(same(above), same(x, 1))),
    ({ x, one }) => g.add(same(x), one),
    ({ x }) => g.add(same(x), numbers([ROWS, COLS], 7)),
    ({ x }) => {
      const twice = same(x);
      return g.add(g.relu(twice), twice);
    },
    ({ x }) => g.add(g.relu(g.add(same(x), biasOf(x))), x),
  ],
  refused: [
    ({ x }) => spot(convolved(x, { kernel: [2, 2], stride: [2, 1], pad: { top: 1, left: 1 } })), // smaller than the picture
    ({ x }) => spot(convolved(x, { kernel: [1, 3] })), // fewer columns than the picture
    ({ x }) => up(spot(convolved(x, { kernel: [1, 2], stride: [1, 2], pad: { right: 1 } }))), // of 5 columns 3
    ({ x }) => spot(convolved(x, { kernel: [2, 1], stride: [1, 2], pad: { top: 1, right: 4 } })),
  ],
};

/** To a smaller field of four channels, from the position of each of its own, and those above and to the left. */
const down = (x: Node, stride: readonly [number, number] = [2, 1]): Node =>
  convolved(x, { kernel: [2, 2], stride, pad: { top: 1, left: 1 } });

/** Up from there, to positions that begin with the own one. */
function up(
  x: Node,
  stride: readonly [number, number] = [2, 1],
  outputs = 3,
  { kernel = stride, keep, pad }: Partial<Kernel> = {},
): Node {
  const shape = [channelsOf(x), outputs, ...kernel];
  const cut = { bottom: kernel[0] - stride[0], right: kernel[1] - stride[1] };
  const options = { stride, pad: pad ?? cut, mask: keep && mask(shape, keep) };
  return g.convTranspose(x, weights(shape, 7), options);
}

/**
 * Queries and keys made of `x` with 1 to 9 channels, and of constants and parts of fields; values of up to 33 channels.
 */
const attention: StepCases = {
  computed: (["before", "upTo"] as const).flatMap((keys): Build[] => [
    ({ x }) => g.attend(x, x, x, keys),
    ({ x, y, above }) => g.attend(above, x, y, keys),
    ({ x, y, above }) => g.attend(x, above, g.concat([y, above], 1), keys),
    ({ above, x }) => g.attend(above, above, g.concat([above, x], 1), keys),
    ({ one, y }) => g.attend(one, g.exp(one), y, keys),
    ({ x, y }) =>
      g.attend(point(x, { outputs: 9 }), point(y, { outputs: 9 }), point(y, { outputs: 33 }), keys),
    ({ x }) => {
      const all = point(x, { outputs: 23 });
      const [q, k, v] = [
        [0, 3],
        [3, 6],
        [5, 23],
      ].map(([start, end]) => g.slice(all, 1, start!, end!));
      return g.attend(q!, k!, g.concat([v!, x], 1), keys);
    },
    ({ x, y, one }) => {
      const both = g.concat([y, one, x], 1);
      return g.add(one, g.attend(g.mul(both, 20), both, g.attend(both, g.neg(both), both, keys), keys));
    },
    ({ y }) => g.attend(y, numbers([1, channelsOf(y), ROWS, COLS], 3), y, keys),
    ({ x }) => g.attend(x, x, numbers([1, 5, ROWS, COLS], 4), keys),
    ({ x }) => g.attend(numbers([1, channelsOf(x), ROWS, COLS], 3), x, x, keys),
  ]),
  refused: [],
};

/** Numbers of some axes, repeated along the others. */
const positions = (shape: readonly number[], channels: number) =>
  g.broadcast(numbers(shape, 12), [1, channels, ROWS, COLS]);

/** Numbers in the first rows, 0 in all others. */
const ofFirstRows = (count: number, channels: number) => {
  const data = randomNumbers(channels * ROWS, 13).map((value, i) => (i % ROWS < count ? value : 0));
  return g.broadcast(g.constant(data, [1, channels, ROWS, 1]), [1, channels, ROWS, COLS]);
};

const attributesOf = (conv: Node) => (conv as Node<"conv">).attributes;

const reduction = (f: (x: Node, axes: readonly number[]) => Node): StepCases => ({
  computed: [
    ({ x }) => f(x, [1]),
    ({ y }) => f(y, [1]),
    ({ x, y, above, one }) => f(g.concat([one, x, g.slice(above, 1, 0, 1), y], 1), [1]),
    ({ x, y }) => g.sub(y, f(g.exp(x), [1])),
    ({ one }) => f(one, [1]),
  ],
  refused: [
    ({ x }) => spot(f(x, [2])),
    ({ x }) => spot(f(x, [3])),
    ({ x }) => spot(f(x, [1, 2])),
    ({ x }) => spot(f(x, [0, 1, 2, 3])),
    ({ x }) => spot(f(x, [0])),
  ],
});

/** A state that is made of `x` and of what it reads elsewhere of itself. */
const recurrent = (x: Node, read: (h: Node) => Node): Node =>
  g.recur([x.shape], ([h]) => [g.tanh(g.add(x, read(h!)))])[0]!;

/** A convolution of all channels, with as many outputs. */
const mixed = (x: Node, cols: number, pad: g.ConvOptions["pad"] = {}): Node =>
  g.conv(x, numbers([channelsOf(x), channelsOf(x), 1, cols], 5), { pad });

const recurrences: StepCases = {
  computed: [
    // row by row, of three states of the row above
    ({ x }) => recurrent(x, (h) => mixed(g.shift(h, 1, 0), 3, { left: 1, right: 1 })),
    ({ y, above }) => recurrent(g.add(y, above), (h) => g.shift(h, 2, -1)),
    // from the left, with several states and gates of them
    ({ x, y }) => recurrent(y, (h) => g.add(mixed(g.shift(h, 1, 0), 1), g.mul(x, g.shift(h, 0, 1)))),
    ({ x, y }) => {
      const [c, h] = g.recur([x.shape, y.shape], ([c, h]) => {
        const beside = mixed(g.shift(h!, 0, 1), 1);
        const cell = g.add(g.mul(g.sigmoid(beside), g.shift(c!, 1, 0)), x);
        return [cell, g.mul(g.tanh(cell), g.sigmoid(g.add(y, beside)))];
      });
      return g.concat([h!, c!], 1);
    },
    // from the right: known when the row is complete, read by the row below
    ({ x }) =>
      g.shift(
        recurrent(x, (h) => mixed(g.add(g.shift(h, 1, 0), g.shift(h, 0, -1)), 1)),
        1,
        0,
      ),
    ({ x, y }) =>
      g.add(
        y,
        g.shift(
          mixed(
            recurrent(x, (h) => g.shift(h, 0, -1)),
            3,
            { left: 1, right: 1 },
          ),
          1,
          2,
        ),
      ),
    // one upon the other
    ({ x, above }) =>
      recurrent(
        g.add(
          x,
          g.shift(
            recurrent(above, (h) => g.shift(h, 0, -1)),
            1,
            0,
          ),
        ),
        (h) => g.shift(h, 0, 1),
      ),
    // of rows above alone: whole rows from the right
    ({ above }) => recurrent(above, (h) => g.shift(h, 0, -1)),
  ],
  refused: [],
};

/** Cases for every primitive: the table does not compile without one of them. */
export const stepCases: { readonly [P in Primitive]: StepCases } = {
  input: { computed: [], refused: [({ x }) => g.add(x, spot(g.input("another", x.shape)))] },
  parameter: { computed: [], refused: [({ x }) => g.add(x, spot(g.parameter("w", x.shape)))] },
  constant: {
    computed: [
      ({ x }) => g.concat([numbers([1, 3, ROWS, COLS], 8), x], 1),
      ({ x }) => g.concat([x, g.constant(new Float64Array(2 * ROWS * COLS).fill(3), [1, 2, ROWS, COLS])], 1),
      () => numbers([1, 2, ROWS, COLS], 9),
    ],
    refused: [],
  },
  ...pointwiseTable(pointwise),
  log: unary(g.log, positive),
  sqrt: unary(g.sqrt, positive),
  mul: {
    computed: [
      ...binary(g.mul).computed,
      // The gate is one kernel, if what it is made of is for it alone and known at the same time.
      ({ x, y }) => g.mul(g.tanh(x), g.sigmoid(y)),
      ({ x, y }) => g.mul(g.sigmoid(g.add(x, y)), g.tanh(g.sub(x, y))),
      ({ above }) => g.mul(g.tanh(above), g.sigmoid(above)),
      ({ x, one }) => g.mul(g.tanh(one), g.sigmoid(x)),
      ({ x, above }) => g.mul(g.tanh(above), g.sigmoid(x)),
      ({ x }) => {
        const squashed = g.tanh(x);
        return g.add(g.mul(squashed, g.sigmoid(x)), squashed);
      },
      ({ x, y }) => {
        const both = g.concat([x, y, x, y, x], 1);
        return g.mul(g.tanh(both), g.sigmoid(g.neg(both)));
      },
    ],
    refused: [],
  },
  div: binary(g.div, { isPositive: true }),
  where: chosen,
  reshape: {
    computed: [],
    refused: [
      ({ x }) => spot(g.reshape(x, [channelsOf(x), ROWS, COLS])),
      ({ x }) => spot(g.reshape(x, [1, channelsOf(x) * ROWS, 1, COLS])),
    ],
  },
  transpose: {
    computed: [],
    refused: [
      ({ x }) => spot(g.transpose(x, [0, 1, 3, 2])),
      ({ one }) => spot(g.transpose(one, [1, 0, 2, 3])),
    ],
  },
  broadcast: {
    computed: [
      ({ one }) => g.broadcast(one, [1, 6, ROWS, COLS]),
      ({ x }) => g.add(x, g.broadcast(numbers([1, channelsOf(x), 1, 1], 9), x.shape)),
      ({ x }) => g.add(x, g.broadcast(numbers([ROWS, 1], 9), x.shape)),
      // One number for all channels of a row or a column, and rows that are the same from some row on.
      ({ x }) => g.concat([positions([1, 1, ROWS, 1], 3), x, positions([1, 1, 1, COLS], 2)], 1),
      ({ x }) => convolved(g.concat([x, ofFirstRows(1, 2), positions([1, 1, 1, COLS], 1)], 1), plain),
      ...[0, 1, 2, 3].map(
        (count): Build =>
          ({ y }) =>
            convolved(g.concat([ofFirstRows(count, 2), y], 1), {
              kernel: [3, 2],
              pad: { top: 2, left: 1 },
            }),
      ),
      ({ x }) => g.attend(x, positions([1, 1, ROWS, 1], channelsOf(x)), ofFirstRows(2, 3), "upTo"),
      ({ x }) => g.add(convolved(x, plain), positions([1, 4, 1, 1], 4)),
      ({ x }) => g.add(convolved(x, plain), positions([1, 1, ROWS, COLS], 4)),
    ],
    refused: [({ one }) => spot(g.broadcast(one, [2, 6, ROWS, COLS]))],
  },
  slice: {
    computed: [
      ({ x, y }) => g.slice(g.concat([x, y], 1), 1, 1, channelsOf(x) + 1),
      ({ x, y, one }) => g.neg(g.slice(g.concat([x, y, one, x], 1), 1, channelsOf(x), 3 * channelsOf(x) + 1)),
      ({ x }) => g.slice(g.slice(convolved(x, plain), 1, 1, 4), 1, 1, 2),
    ],
    refused: [({ x }) => spot(g.slice(x, 2, 0, 2)), ({ x }) => spot(g.slice(x, 3, 1, 2))],
  },
  pad: {
    computed: [
      ({ x }) => g.pad(x, 1, 2, 0),
      ({ x }) => g.pad(x, 1, 0, 3),
      ({ x, y }) => g.exp(g.pad(g.concat([y, x], 1), 1, 1, 2)),
      ({ x }) => convolved(g.pad(g.exp(x), 1, 1, 1), plain),
    ],
    refused: [({ x }) => spot(g.pad(x, 2, 1, 0)), ({ x }) => spot(g.pad(x, 3, 1, 1))],
  },
  concat: {
    computed: [
      ({ x, y, one }) => g.concat([one, x, y, one], 1),
      ({ x, y }) => g.concat([g.exp(x), g.concat([y, x], 1), g.slice(y, 1, 0, 1)], 1),
      ({ x, y, one }) => g.mul(g.concat([x, one, y], 1), g.concat([y, x, one], 1)),
    ],
    refused: [({ x, y }) => spot(g.concat([x, y], 2)), ({ x, y }) => spot(g.concat([x, y], 3))],
  },
  softmax: { computed: [], refused: [({ x }) => spot(g.softmax(x)), ({ one }) => spot(g.softmax(one))] },
  attend: attention,
  sum: reduction(g.sum),
  max: reduction(g.max),
  shift: {
    computed: [
      ({ x }) => g.shift(x, 1, 0),
      ({ x }) => g.shift(x, 0, 2),
      ({ x }) => g.shift(x, 1, -2),
      ({ x, y }) => g.shift(g.concat([y, x], 1), 2, 1),
      ({ above }) => g.shift(above, 0, -1),
      // All of it, and all but one pixel, is shifted out.
      ({ x }) => g.shift(x, ROWS, 0),
      ({ x }) => g.shift(x, 0, COLS),
      ({ x }) => g.shift(x, ROWS - 1, COLS - 1),
      ({ x }) => g.add(g.shift(x, 1, COLS), g.shift(x, ROWS + 2, -COLS)),
    ],
    refused: [],
  },
  conv: convolutions,
  convTranspose: {
    computed: [
      ...[1, 2].map(
        (rows): Build =>
          ({ x }) =>
            g.convTranspose(x, weights([channelsOf(x), 3, rows, 2], 5), {
              pad: { bottom: rows - 1, right: 1 },
            }),
      ),
      ({ y }) => up(down(y)),
      ({ y }) => up(down(y, [4, 1]), [4, 1]),
      ({ x }) => up(down(x, [2, 5]), [2, 5], 18),
      ({ x, one }) => up(g.concat([down(one), g.shift(down(x), 0, 1), numbers([1, 2, 2, 5], 3)], 1)),
      // With what is computed in one go, of which something is the same at all positions, and something is not.
      ({ x, y }) => g.relu(g.add(g.add(up(down(y), [2, 1], channelsOf(x)), biasOf(x)), x)),
      ({ x }) => g.add(up(g.relu(g.add(down(x), numbers([1, 4, 1, 1], 6)))), numbers([1, 3, ROWS, COLS], 7)),
      ({ x }) =>
        g.mul(g.tanh(up(g.mul(down(x), numbers([2, 5], 7)))), g.sigmoid(up(down(x, [4, 1]), [4, 1]))),
      // Read by another kernel at each phase; some phases read nothing, some taps lie beyond every picture.
      ({ x }) => g.convTranspose(down(x), weights([4, 3, 1, 1], 5), { stride: [2, 1], pad: { bottom: -1 } }),
      ({ x }) => up(down(x), [2, 1], 3, { kernel: [3, 7], keep: (i) => i % 5 !== 2 }),
      // To both sides, of rows above: whole rows at once, also in pairs of columns.
      ({ above }) =>
        up(wide(widened(down(above))), [2, 1], 3, { kernel: [2, 3], pad: { left: 1, right: 1 } }),
      // Attention, sums and a recurrence over the positions of a smaller field.
      ({ x, y }) => {
        const smaller = down(x);
        return up(g.concat([g.attend(smaller, smaller, down(y)), g.sum(smaller, [1])], 1));
      },
      ({ x }) => up(recurrent(down(x), (h) => g.add(mixed(g.shift(h, 1, 0), 1), g.shift(h, 0, 1)))),
      ({ above }) => up(recurrent(down(above), (h) => g.shift(h, 0, -1))),
      // Smaller again, and one beside the other.
      ({ x, y }) => {
        const half = down(x);
        const quarter = down(g.add(half, g.shift(half, 1, 0)));
        return g.add(up(up(quarter), [2, 1]), up(down(y), [2, 1]));
      },
    ],
    refused: [
      ({ x }) => spot(g.convTranspose(x, weights([channelsOf(x), 2, 2, 1], 5), { stride: [2, 1] })),
      // In its own row to the right, before that is known.
      ({ x }) =>
        g.shift(spot(g.convTranspose(x, weights([channelsOf(x), 2, 1, 2], 5), { pad: { left: 1 } })), 0, 9),
    ],
  },
  convWeightGradient: {
    computed: [],
    refused: [
      ({ x, y }) =>
        spot(
          makeNode("convWeightGradient", [x, y], {
            ...attributesOf(convolved(x, { kernel: [1, 1] })),
            kernel: [1, 1],
          }),
        ),
    ],
  },
  state: recurrences,
  recur: recurrences,
  matmul: {
    computed: [],
    refused: [
      ({ x }) => spot(g.matmul(x, numbers([COLS, COLS], 9))),
      ({ x }) => spot(g.matmul(numbers([1, 1, ROWS, ROWS], 9), x)),
    ],
  },
};
