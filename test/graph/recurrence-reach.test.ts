import { describe, expect, test } from "vitest";
import { analyseCausality } from "../../src/graph/causality.ts";
import * as g from "../../src/graph/language.ts";
import { type Node, named } from "../../src/graph/node.ts";
import { reachAt } from "../../src/graph/offsets.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { evaluate } from "../reference/evaluate.ts";
import { causalConv } from "../../src/nn/causal-conv.ts";
import { networkOf } from "../../src/programs/network.ts";
import { randomNumbers } from "./primitive-cases.ts";
import { type Offset, reading, thrownBy } from "./reading.ts";

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
        if (typeof set === "object" && offsets.has(set, offset, { row: 0, col: 0 }))
          found.push(`${from} ${to}`);
        if (value !== before[to]) wanted.push(`${from} ${to}`);
      });
    });
    expect(wanted.length).toBeGreaterThan(ROWS);
    expect(found).toEqual(wanted);
  });
});
