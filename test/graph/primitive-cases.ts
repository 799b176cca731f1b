import * as g from "../../src/graph/language.ts";
import { type Node, makeNode } from "../../src/graph/node.ts";
import type { AttendedKeys, Attributes, ConvMask, Primitive } from "../../src/graph/primitives.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { philox4x32, uniform } from "../../src/basics/philox.ts";

/** A small graph around one primitive; its parameters are what is perturbed. */
export interface Case {
  readonly output: Node;
  /** Only one tail of the real line: logarithms, roots, divisors. */
  readonly positive?: boolean;
}

const p = (name: string, ...shape: number[]) => g.parameter(name, shape);

const mask = (shape: [number, number, number, number], keep: (i: number) => boolean): ConvMask => ({
  shape,
  values: Uint8Array.from({ length: sizeOf(shape) }, (_, i) => (keep(i) ? 1 : 0)),
});

/** The three convolutions under one set of attributes, for x [2, I, 5, 6] and w [O, I, ...kernel]. */
function convolutions(options: g.ConvOptions & { kernel: [number, number]; channels?: [number, number] }) {
  const [inputs, outputs] = options.channels ?? [3, 4];
  const x = p("x", 2, inputs, 5, 6);
  const w = p("w", outputs, inputs, ...options.kernel);
  const conv = g.conv(x, w, options) as Node<"conv">;
  const dy = g.parameter("dy", conv.shape);
  return {
    conv,
    convTranspose: makeNode("convTranspose", [dy, w], { ...conv.attributes, size: [5, 6] }),
    convWeightGradient: makeNode("convWeightGradient", [x, dy], {
      ...conv.attributes,
      kernel: options.kernel,
    }),
  };
}

const convolutionSettings: Parameters<typeof convolutions>[0][] = [
  { kernel: [2, 3], pad: { top: 1, left: 1, right: 1 } },
  { kernel: [1, 1] },
  { kernel: [4, 7], pad: { top: 3, left: 3, right: 3 }, channels: [1, 5] },
  { kernel: [2, 2], pad: { top: 3, left: 2, bottom: 1 } }, // more padding than the kernel reaches
  { kernel: [3, 2], dilation: [2, 3], pad: { top: 2, left: 3 } },
  { kernel: [3, 3], stride: [2, 2], pad: { top: 1, left: 1, bottom: 1, right: 1 } },
  { kernel: [5, 6] }, // as large as the field
  { kernel: [5, 6], mask: mask([4, 3, 5, 6], (i) => i % 4 !== 1) },
  { kernel: [2, 3], stride: [1, 3], dilation: [2, 1], pad: { left: 2 } },
  { kernel: [2, 3], pad: { top: 1, left: 1, right: 1 }, mask: mask([4, 3, 2, 3], (i) => i % 6 !== 5) },
  { kernel: [1, 1], mask: mask([4, 3, 1, 1], (i) => i % 5 !== 2) },
  {
    kernel: [2, 3],
    channels: [1, 4],
    pad: { top: 1, left: 1, right: 1 },
    mask: mask([4, 1, 2, 3], (i) => i % 6 < 4),
  },
];

const ofConvolution = (op: "conv" | "convTranspose" | "convWeightGradient"): Case[] =>
  convolutionSettings.map((settings) => ({ output: convolutions(settings)[op] }));

const X = [2, 2, 3, 4] as const;

/** Recurrences in every order, with pointwise functions, convolutions, several states, and one upon the other. */
const recurrences: Case[] = [
  // a row reads all neighbours in the row above
  ...[1, -1].map((rows) => {
    const w = p("w", 2, 2, 1, 3);
    const body = ([h]: readonly Node[]) => [
      g.tanh(g.add(p("x", ...X), g.conv(g.shift(h!, rows, 0), w, { pad: { left: 1, right: 1 } }))),
    ];
    return { output: g.recur([X], body)[0]! };
  }),
  // two rows above as one kernel, some of whose weights are masked
  {
    output: g.recur([X], ([h]) => {
      const pad = { top: 2, bottom: -1, left: 1, right: 1 };
      const kept = mask([2, 2, 2, 3], (i) => i % 5 !== 1);
      return [g.tanh(g.add(p("x", ...X), g.conv(h!, p("w", 2, 2, 2, 3), { pad, mask: kept })))];
    })[0]!,
  },
  // diagonals from each corner: a cell with two states
  ...[
    [1, 1],
    [1, -1],
    [-1, 1],
    [-1, -1],
  ].map(([rows, cols]) => {
    const [c, h] = g.recur([X, X], ([c, h]) => {
      const around = g.concat([g.shift(h!, rows!, 0), g.shift(h!, 0, cols!)], 1);
      const gates = g.add(g.conv(around, p("w", 4, 4, 1, 1)), g.add(p("x", 2, 4, 3, 4), p("b", 1, 4, 1, 1)));
      const cell = g.add(
        g.mul(g.sigmoid(g.slice(gates, 1, 0, 2)), g.shift(c!, 0, cols!)),
        g.tanh(g.slice(gates, 1, 2, 4)),
      );
      return [cell, g.mul(g.tanh(cell), p("gain", 1, 2, 1, 1))];
    });
    return { output: g.add(c!, g.mul(h!, h!)) };
  }),
  // one upon the other, and a sum over channels inside
  {
    output: [1, 1].reduce<Node>(
      (x, cols, i) =>
        g.recur([X], ([h]) => [
          g.add(g.mul(x, p(`s${i}`, 1, 2, 1, 1)), g.sigmoid(g.sum(g.shift(h!, 1, cols * i), [1]))),
        ])[0]!,
      p("x", ...X),
    ),
  },
];

/** Attention with large scores, for `sizes` batch, channels of queries and of values. */
function attended(sizes: [number, number, number], rows: number, cols: number, keys?: AttendedKeys): Node {
  const [batch, d, e] = sizes;
  const [q, k] = [p("q", batch, d, rows, cols), p("k", batch, d, rows, cols)];
  return g.attend(g.mul(q, 3), k, p("v", batch, e, rows, cols), keys);
}

const unary = (f: (x: Node) => Node, positive = false): Case[] => [{ output: f(p("x", 2, 3)), positive }];
const binary = (f: (a: Node, b: Node) => Node, positive = false): Case[] => [
  { output: f(p("a", 2, 3, 4), p("b", 2, 3, 4)), positive },
  { output: f(p("a", 2, 1, 4), p("b", 3, 1)), positive },
  { output: f(p("a", 2, 2), g.parameter("b", [])), positive },
];

/** Cases for every primitive: the table does not compile without one of them. */
export const cases: { readonly [P in keyof Attributes]: readonly Case[] } = {
  input: [{ output: g.mul(g.input("i", [2, 2]), p("x", 2, 2)) }],
  parameter: [{ output: p("x", 2, 2) }],
  constant: [{ output: g.mul(g.constant([1, 2, 3]), p("x", 3)) }],
  neg: unary(g.neg),
  exp: unary(g.exp),
  log: unary(g.log, true),
  sqrt: unary(g.sqrt, true),
  abs: unary(g.abs),
  tanh: unary(g.tanh),
  sigmoid: unary(g.sigmoid),
  relu: unary(g.relu),
  elu: unary(g.elu),
  round: [
    { output: g.mul(p("x", 9), g.round(g.constant([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.4, 3.6, 2e9]))) },
    { output: g.mul(p("x", 2, 3), g.round(g.mul(p("a", 2, 3), 3))) },
  ],
  add: [
    ...binary(g.add),
    { output: g.add(g.conv(p("x", 2, 3, 4, 4), p("w", 5, 3, 2, 2)), p("b", 1, 5, 1, 1)) },
  ],
  sub: binary(g.sub),
  mul: binary(g.mul),
  div: binary(g.div, true),
  minimum: binary(g.minimum),
  maximum: binary(g.maximum),
  equal: [{ output: g.mul(p("x", 4), g.equal(g.constant([1, 2, 3, 4]), g.constant([1, 5, 3, 0]))) }],
  greater: [{ output: g.mul(p("x", 2, 3), g.greater(p("a", 2, 3), p("b", 3))) }],
  where: [
    { output: g.where(g.greater(p("c", 2, 3), 0), p("a", 2, 3), p("b", 3)) },
    { output: g.where(g.constant([0, 1, 2]), p("a", 2, 1), 7) },
  ],
  stopGradient: [{ output: g.mul(g.stopGradient(g.constant([2, 3])), p("x", 2)) }],
  reshape: [{ output: g.reshape(p("x", 2, 6), [3, 4]) }],
  transpose: [{ output: g.transpose(p("x", 2, 3, 4), [2, 0, 1]) }],
  broadcast: [{ output: g.broadcast(p("x", 3, 1), [2, 3, 4]) }],
  slice: [{ output: g.slice(p("x", 2, 5, 3), 1, 1, 4) }],
  pad: [{ output: g.pad(p("x", 2, 3), 1, 2, 1) }],
  concat: [{ output: g.concat([p("a", 2, 3), p("b", 2, 1), p("c", 2, 2)], 1) }],
  sum: [{ output: g.sum(p("x", 2, 3, 4), [0, 2]) }, { output: g.sum(p("x", 2, 3)) }],
  max: [{ output: g.max(p("x", 2, 3, 4), [1]) }, { output: g.max(p("x", 2, 3, 4), [0, 2]) }],
  softmax: [
    { output: g.softmax(p("x", 2, 3, 5)) },
    { output: g.softmax(g.mul(p("x", 7), 30)) },
    // Some of it masked, and all but one.
    { output: g.softmax(g.add(p("x", 2, 3), g.constant([0, -1e30, 0, -1e30, -1e30, 0], [2, 3]))) },
  ],
  attend: [
    { output: attended([2, 3, 4], 3, 5) },
    { output: attended([2, 3, 4], 3, 5, "upTo") },
    { output: attended([1, 1, 1], 1, 1) },
    { output: attended([1, 2, 1], 1, 1, "upTo") },
    // Several blocks of queries.
    { output: attended([1, 2, 1], 13, 11) },
    { output: attended([1, 1, 2], 27, 10, "upTo") },
  ],
  shift: [{ output: g.shift(p("x", 2, 3, 4, 5), 1, -2) }, { output: g.shift(p("x", 1, 2, 3, 3), -1, 1) }],
  conv: ofConvolution("conv"),
  convTranspose: ofConvolution("convTranspose"),
  convWeightGradient: ofConvolution("convWeightGradient"),
  state: recurrences,
  recur: recurrences,
  matmul: [
    { output: g.matmul(p("a", 3, 4), p("b", 4, 5)) },
    { output: g.matmul(p("a", 2, 1, 3, 4), p("b", 5, 4, 2)) },
  ],
};

export const allCases: readonly { readonly op: Primitive; readonly index: number; readonly case: Case }[] =
  Object.entries(cases).flatMap(([op, list]) =>
    list.map((one, index) => ({ op: op as Primitive, index, case: one })),
  );

/** Reproducible numbers, in (-1, 1), or in (0.5, 1.5) if they are to be positive. */
export function randomNumbers(count: number, seed: number, positive = false): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    const u = uniform(philox4x32([i, 0, 0, 0], [seed, 7])[0]);
    return positive ? 0.5 + u : 2 * u - 1;
  });
}
