import { describe, expect, test } from "vitest";
import { NextpixelError } from "../../src/basics/errors.ts";
import { analyseCausality } from "../../src/graph/causality.ts";
import * as g from "../../src/graph/language.ts";
import { type Node, named } from "../../src/graph/node.ts";
import { innerNodes } from "../../src/graph/recurrence.ts";
import { orderOf } from "../../src/graph/recurrence-order.ts";
import { reachAt } from "../../src/graph/offsets.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { topologicalOrder } from "../../src/graph/walk.ts";
import { unrollRecurrences } from "../../src/lower/onnx/unroll.ts";
import { evaluate } from "../../src/lower/reference/evaluate.ts";
import { causalConv } from "../../src/nn/causal-conv.ts";
import { networkOf } from "../../src/programs/network.ts";
import { randomNumbers } from "./primitive-cases.ts";

const SHAPE: readonly number[] = [1, 2, 4, 5];
const x = g.input("x", SHAPE);

/** Where a state reads, relative to its position. */
type Offset = readonly [rows: number, cols: number];

/** A state made of `field` and of itself at these offsets. */
function reading(offsets: readonly Offset[], field: Node = x): Node {
  const terms = (h: Node) => offsets.map(([rows, cols]) => g.shift(h, -rows, -cols));
  return g.recur([field.shape], ([h]) => [
    terms(h!).reduce<Node>((sum, term) => g.add(sum, g.mul(0.5, term)), field),
  ])[0]!;
}

function thrownBy(run: () => unknown): NextpixelError {
  try {
    run();
  } catch (error) {
    if (error instanceof NextpixelError) return error;
    throw error;
  }
  throw new Error("expected an error");
}

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
    expect(orderOf(reading(read))).toEqual({ rows, cols });
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

  test("two states of which each reads the other at its own position", () => {
    const [first] = g.recur([SHAPE, SHAPE], ([a, b]) => [g.add(b!, x), g.add(a!, x)]);
    expect(thrownBy(() => orderOf(first!.inputs[0]!)).code).toBe("SCHEDULE");
  });

  test("without a name the message has none", () => {
    expect(thrownBy(() => orderOf(reading([[0, 0]]))).message).toMatch(/wait for each other$/);
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

describe("a network whose LSTM sees the future is refused, and the way it does is told", () => {
  const config = { likelihood: "bernoulli", levels: 2, size: { channels: 1, rows: 6, cols: 6 } } as const;
  /** A first layer that is as it must be, an LSTM that reads at `offset`, its map moved down, and logits. */
  const network = (offsets: readonly Offset[], down: number) => () =>
    networkOf(config, 1, (scope, picture) => {
      const conv = (name: string, from: Node, kernel: number, mask: "A" | "B", outputs: number) =>
        causalConv(scope.at(name), from, { outputs, kernel, mask, groups: 1 });
      const first = conv("first", picture, 3, "A", 2);
      const [h] = g.recur([first.shape], ([state]) => {
        const terms = offsets.map(([rows, cols]) => named(g.shift(state!, -rows, -cols), "lstm.state"));
        return [
          g.tanh(terms.reduce<Node>((sum, term) => g.add(sum, term), conv("lstm.input", first, 1, "B", 2))),
        ];
      });
      return conv("logits", g.shift(h!, down, 0), 1, "B", 1);
    });

  test.each<{ name: string; read: Offset[]; seen: string }>([
    { name: "the row below", read: [[1, 0]], seen: "from the pixel 5 row(s) below" },
    {
      name: "the rows above and the pixel to the right",
      read: [
        [-1, 0],
        [0, 1],
      ],
      seen: "from the pixel 5 column(s) to the right",
    },
    {
      name: "below and to the left",
      read: [
        [0, -1],
        [1, 0],
      ],
      seen: "row(s) below",
    },
  ])("$name", ({ read, seen }) => {
    const { code, message } = thrownBy(network(read, 0));
    expect(code).toBe("CAUSALITY");
    expect(message).toContain(seen);
    expect(message).toContain("(at lstm.state; path: pictures -> scaled picture -> first -> lstm.input -> ");
    expect(message).toMatch(/lstm\.state -> .*recur -> logits\)$/);
  });

  test("of its own row the right may be seen by the row below; of the rows below nothing", () => {
    expect(
      network(
        [
          [-1, 0],
          [0, 1],
        ],
        1,
      ),
    ).not.toThrow();
    expect(
      network(
        [
          [0, 1],
          [-2, 3],
        ],
        1,
      ),
    ).not.toThrow();
    expect(
      network(
        [
          [-1, 0],
          [0, -1],
        ],
        0,
      ),
    ).not.toThrow();
    expect(thrownBy(network([[1, 0]], 1)).message).toContain("4 row(s) below");
  });
});

describe("the reach of a recurrence is what its value really depends on", () => {
  const [ROWS, COLS] = [4, 5];
  const picture = g.input("picture", [1, 2, ROWS, COLS]);
  const channel = (field: Node, c: number) => g.slice(field, 1, c, c + 1);
  const single = [1, 1, ROWS, COLS];
  const plus = (a: Node, b: Node) => g.tanh(g.add(a, g.mul(0.7, b)));

  const cases: { name: string; output: Node }[] = [
    ...[1, -1].map((down) => ({
      name: `rows, ${down}`,
      output: g.recur([single], ([h]) => {
        const w = g.constant([0.3, 0.5, 0.2], [1, 1, 1, 3]);
        return [plus(channel(picture, 0), g.conv(g.shift(h!, down, 0), w, { pad: { left: 1, right: 1 } }))];
      })[0]!,
    })),
    ...[1, -1].flatMap((down) =>
      [1, -1].map((right) => ({
        name: `diagonals, ${down} ${right}`,
        output: reading(
          [
            [-down, 0],
            [0, -right],
          ],
          picture,
        ),
      })),
    ),
    { name: "two columns at a time", output: reading([[0, -2]], picture) },
    { name: "two rows at a time, moved to a side", output: reading([[-2, 1]], picture) },
    {
      name: "the channels in turn",
      output: g.recur([single, single], ([a, b]) => [
        plus(channel(picture, 0), g.shift(b!, 1, 0)),
        plus(channel(picture, 1), g.shift(a!, 0, 1)),
      ])[0]!,
    },
    {
      name: "one upon the other, in opposite orders, the second of the first's row above",
      output: reading(
        [[0, -1]],
        g.shift(
          reading(
            [
              [0, 1],
              [-1, 0],
            ],
            picture,
          ),
          1,
          0,
        ),
      ),
    },
    {
      name: "what the recurrence captures is moved as well",
      output: g.recur([picture.shape], ([h]) => [plus(g.shift(picture, 2, 1), g.shift(h!, 1, 1))])[0]!,
    },
  ];

  test.each(cases)("$name", ({ output }) => {
    const { reach, offsets } = analyseCausality([output], picture);
    const levels = randomNumbers(sizeOf(picture.shape), 5).map((value) => 0.1 + 0.1 * Math.abs(value));
    const before = evaluate([output], { picture: levels })[0]!;
    const [found, wanted]: [string[], string[]] = [[], []];
    levels.forEach((level, from) => {
      const after = evaluate([output], { picture: levels.with(from, level + 0.5) })[0]!;
      const [ofChannel, row, col] = [
        Math.floor(from / (ROWS * COLS)),
        Math.floor(from / COLS) % ROWS,
        from % COLS,
      ];
      after.forEach((value, to) => {
        const [toChannel, toRow, toCol] = [
          Math.floor(to / (ROWS * COLS)),
          Math.floor(to / COLS) % ROWS,
          to % COLS,
        ];
        const set = reachAt(reach(output), toChannel);
        const offset = { channel: ofChannel, rows: row - toRow, cols: col - toCol };
        if (typeof set === "object" && offsets.has(set, offset)) found.push(`${from} ${to}`);
        if (value !== before[to]) wanted.push(`${from} ${to}`);
      });
    });
    expect(wanted.length).toBeGreaterThan(ROWS);
    expect(found).toEqual(wanted);
  });
});
