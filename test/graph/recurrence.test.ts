import { describe, expect, test } from "vitest";
import * as g from "../../src/graph/language.ts";
import { type Node, named } from "../../src/graph/node.ts";
import { innerNodes } from "../../src/graph/recurrence.ts";
import { orderOf } from "../../src/graph/recurrence-order.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { topologicalOrder } from "../../src/graph/walk.ts";
import { unrollRecurrences } from "../../src/lower/onnx/unroll.ts";
import { evaluate } from "../reference/evaluate.ts";
import { randomNumbers } from "./primitive-cases.ts";
import { type Offset, reading, thrownBy } from "./reading.ts";

const SHAPE: readonly number[] = [1, 2, 4, 5];
const x = g.input("x", SHAPE);

describe("the order in which positions are computed", () => {
  test.each<{ name: string; read: Offset[]; rows: number; cols: number }>([
    { name: "the row above", read: [[-1, 0]], rows: 1, cols: 0 },
    {
      name: "any columns of the row above",
      read: [
        [-1, -4],
        [-1, 0],
        [-1, 4],
      ],
      rows: 1,
      cols: 0,
    },
    {
      name: "two and three rows above",
      read: [
        [-2, 1],
        [-3, -1],
      ],
      rows: 1,
      cols: 0,
    },
    { name: "the row below", read: [[1, 0]], rows: -1, cols: 0 },
    {
      name: "two rows below, to both sides",
      read: [
        [1, 0],
        [2, 3],
        [2, -3],
      ],
      rows: -1,
      cols: 0,
    },
    {
      name: "left and above",
      read: [
        [0, -1],
        [-1, 0],
      ],
      rows: 1,
      cols: 1,
    },
    { name: "left alone", read: [[0, -1]], rows: 1, cols: 1 },
    {
      name: "left, above left and far above right",
      read: [
        [0, -1],
        [-1, -1],
        [-3, 2],
      ],
      rows: 1,
      cols: 1,
    },
    {
      name: "two columns to the left and two rows above",
      read: [
        [0, -2],
        [-2, 0],
      ],
      rows: 1,
      cols: 1,
    },
    {
      name: "right and above",
      read: [
        [0, 1],
        [-1, 0],
      ],
      rows: 1,
      cols: -1,
    },
    { name: "right alone", read: [[0, 1]], rows: 1, cols: -1 },
    {
      name: "left and below",
      read: [
        [0, -1],
        [1, 0],
      ],
      rows: -1,
      cols: 1,
    },
    {
      name: "right and below",
      read: [
        [0, 1],
        [1, 0],
      ],
      rows: -1,
      cols: -1,
    },
    {
      name: "two below left, right by three",
      read: [
        [2, -1],
        [0, 3],
      ],
      rows: -1,
      cols: -1,
    },
    { name: "nothing of itself", read: [], rows: 1, cols: 0 },
    {
      name: "only what is outside every picture of this size",
      read: [
        [0, 5],
        [0, -5],
        [4, 0],
      ],
      rows: 1,
      cols: 0,
    },
  ])("of a state that reads $name", ({ read, rows, cols }) => {
    expect(orderOf(reading(read, x))).toEqual({ rows, cols });
  });

  test("is found through convolutions, masks and what is between them", () => {
    const w = g.parameter("w", [2, 2, 2, 3]);
    const of = (pad: g.ConvOptions["pad"], keep: (tap: number) => boolean = () => true, cols = 0) =>
      orderOf(
        g.recur([SHAPE], ([h]) => {
          const values = Uint8Array.from({ length: 24 }, (_, i) => (keep(i % 6) ? 1 : 0));
          return [
            g.add(
              x,
              g.shift(g.tanh(g.conv(h!, w, { pad: pad!, mask: { shape: w.shape, values } })), 0, cols),
            ),
          ];
        })[0]!,
      );
    // Two rows above.
    expect(of({ top: 2, bottom: -1, left: 1, right: 1 })).toEqual({ rows: 1, cols: 0 });
    // The row above to the left, and its own row to the left.
    expect(of({ top: 1, left: 1, right: 1 }, (tap) => tap < 2 || tap === 3)).toEqual({ rows: 1, cols: 1 });
    // Its own position is masked out, but comes back through the shift.
    expect(thrownBy(() => of({ top: 1, left: 1, right: 1 }, (tap) => tap === 5, 1)).code).toBe("SCHEDULE");
    // Below, after three columns each way.
    expect(of({ top: -1, bottom: 2, left: 1, right: 1 }, undefined, 3)).toEqual({ rows: -1, cols: 0 });
  });

  test("heeds all states, and all channels", () => {
    const [first] = g.recur([SHAPE, SHAPE], ([a, b]) => [
      g.add(x, g.shift(b!, 1, 0)),
      g.concat(
        [g.slice(a!, 1, 0, 1), g.shift(g.slice(b!, 1, 1, 2), 0, -1)].map((part) => g.shift(part, 0, -1)),
        1,
      ),
    ]);
    expect(orderOf(first!.inputs[0]!)).toEqual({ rows: 1, cols: -1 });
  });
});

describe("what waits for itself", () => {
  const sumOf = (offsets: readonly Offset[]) =>
    g.recur([SHAPE], ([h]) => [
      named(
        offsets
          .map(([rows, cols]) => g.shift(h!, -rows, -cols))
          .reduce<Node>((sum, term) => g.add(sum, term), x),
        "layer3.state",
      ),
    ])[0]!;
  const circular: { name: string; read: Offset[] }[] = [
    { name: "its own position", read: [[0, 0]] },
    {
      name: "its own position among others",
      read: [
        [-1, 0],
        [0, 0],
      ],
    },
    {
      name: "left and right",
      read: [
        [0, -1],
        [0, 1],
      ],
    },
    {
      name: "above and below",
      read: [
        [-1, 0],
        [1, 0],
      ],
    },
    {
      name: "opposite corners",
      read: [
        [-1, -1],
        [1, 1],
      ],
    },
    {
      name: "left and far right",
      read: [
        [-1, 0],
        [0, -1],
        [0, 4],
      ],
    },
  ];

  test.each(circular)("$name: a SCHEDULE error that names the node", ({ read }) => {
    const recurrence = sumOf(read);
    for (const run of [
      () => orderOf(recurrence),
      () => unrollRecurrences([recurrence]),
      () => evaluate([recurrence], { x: new Float64Array(sizeOf(SHAPE)).fill(1) }),
    ]) {
      const { code, message } = thrownBy(run);
      expect(code).toBe("SCHEDULE");
      expect(message).toContain("wait for each other (at layer3.state)");
      expect(message).not.toContain("\n");
    }
  });

  test("all positions at once, by a sum over the picture: the same error", () => {
    const recurrence = g.recur([SHAPE], ([h]) => [named(g.add(x, g.sum(h!, [2, 3])), "everywhere")])[0]!;
    expect(thrownBy(() => orderOf(recurrence))).toMatchObject({ code: "SCHEDULE" });
    expect(thrownBy(() => orderOf(recurrence)).message).toContain("(at everywhere)");
  });

  test("smaller fields inside: an error that says so", () => {
    const weights = (name: string) => named(g.constant([1], [1, 1, 1, 1]), name);
    const state = [1, 1, 4, 4];
    const recurrence = g.recur([state], ([h]) => {
      const smaller = g.conv(g.shift(h!, 1, 0), weights("w"), { stride: [2, 2], name: "smaller" });
      return [g.convTranspose(smaller, weights("w"), { stride: [2, 2], pad: { bottom: -1, right: -1 } })];
    })[0]!;
    expect(thrownBy(() => orderOf(recurrence))).toMatchObject({
      code: "SCHEDULE",
      message: expect.stringContaining("smaller fields than its state's inside (at smaller)"),
    });
  });

  test("two states of which each reads the other at its own position", () => {
    const [first] = g.recur([SHAPE, SHAPE], ([a, b]) => [g.add(b!, x), g.add(a!, x)]);
    expect(thrownBy(() => orderOf(first!.inputs[0]!)).code).toBe("SCHEDULE");
  });

  test("without a name the message has none", () => {
    expect(thrownBy(() => orderOf(reading([[0, 0]], x))).message).toMatch(/wait for each other$/);
  });
});

describe("the language", () => {
  test("a body of another shape than its state is refused", () => {
    const of = (body: (h: Node) => Node) => thrownBy(() => g.recur([SHAPE], ([h]) => [body(h!)]));
    const error = of((h) => named(g.concat([h, x], 1), "layer.cell"));
    expect(error.code).toBe("SHAPE");
    expect(error.message).toContain("expected a body of the shape of its state, [1, 2, 4, 5]");
    expect(error.message).toContain("received [1, 4, 4, 5]");
    expect(error.message).toContain("layer.cell");
    // One column less.
    expect(of((h) => g.conv(h, g.parameter("w", [2, 2, 1, 2]))).code).toBe("SHAPE");
    // A batch of its own.
    expect(of((h) => g.add(h, g.input("label", [3, 2, 1, 1]))).code).toBe("SHAPE");
  });

  test("too few or too many values for the states are refused", () => {
    expect(thrownBy(() => g.recur([SHAPE, SHAPE], ([a]) => [g.shift(a!, 1, 0)])).code).toBe("SHAPE");
    expect(thrownBy(() => g.recur([SHAPE], ([a]) => [g.shift(a!, 1, 0), x])).code).toBe("SHAPE");
  });

  test("states of several sizes come back each as its own", () => {
    const states = g.recur([SHAPE, SHAPE.with(1, 1), SHAPE.with(1, 3)], ([a, b, c]) => [
      g.add(x, g.shift(b!, 1, 0)),
      g.add(g.sum(x, [1]), g.shift(g.slice(c!, 1, 2, 3), 1, 0)),
      g.concat([g.shift(a!, 1, 0), g.shift(b!, 1, 0)], 1),
    ]);
    expect(states.map(({ shape }) => shape[1])).toEqual([2, 1, 3]);
    const levels = randomNumbers(sizeOf(SHAPE), 3);
    const [a, b, c] = evaluate(states, { x: levels }) as [Float64Array, Float64Array, Float64Array];
    const at = (data: Float64Array, channel: number, row: number, col: number) =>
      row < 0 ? 0 : data[(channel * 4 + row) * 5 + col]!;
    for (let row = 0; row < 4; row++)
      for (let col = 0; col < 5; col++) {
        expect(at(a, 0, row, col)).toBe(at(levels, 0, row, col) + at(b, 0, row - 1, col));
        expect(at(a, 1, row, col)).toBe(at(levels, 1, row, col) + at(b, 0, row - 1, col));
        const both = at(levels, 0, row, col) + at(levels, 1, row, col);
        expect(at(b, 0, row, col)).toBeCloseTo(both + at(c, 2, row - 1, col), 14);
        expect(at(c, 1, row, col)).toBe(at(a, 1, row - 1, col));
        expect(at(c, 2, row, col)).toBe(at(b, 0, row - 1, col));
      }
  });

  test("only what depends on the state is computed again for every position", () => {
    const beforehand = g.exp(x);
    let inside: Node[] = [];
    const [value] = g.recur([SHAPE], ([h]) => {
      const moved = g.shift(h!, 1, 0);
      const squashed = g.tanh(moved);
      const sum = g.add(beforehand, squashed);
      inside = [moved, squashed, sum];
      return [sum];
    });
    expect(innerNodes(value!)).toEqual(inside);
    const unrolled = topologicalOrder(unrollRecurrences([value!]));
    expect(unrolled.filter(({ op }) => op === "exp")).toHaveLength(1);
    expect(unrolled.some(({ op }) => op === "recur" || op === "state")).toBe(false);
  });
});
