import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attention } from "../../src/graph/attention.ts";
import { analyseCausality } from "../../src/graph/causality.ts";
import * as g from "../../src/graph/language.ts";
import type { Node } from "../../src/graph/node.ts";
import type { AttendedKeys } from "../../src/graph/primitives.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { simplify } from "../../src/graph/simplify.ts";
import { topologicalOrder } from "../../src/graph/walk.ts";
import { gradients } from "../../src/autodiff/gradients.ts";
import { evaluate } from "../reference/evaluate.ts";
import { expand } from "../../src/lower/onnx/expand.ts";
import { randomNumbers } from "./primitive-cases.ts";

const KEYS: readonly AttendedKeys[] = ["before", "upTo"];

interface Sizes {
  readonly batch: number;
  readonly rows: number;
  readonly cols: number;
  /** Channels of queries and keys, and of values. */
  readonly d: number;
  readonly e: number;
}

function attended({ batch, rows, cols, d, e }: Sizes, keys: AttendedKeys): Node<"attend"> {
  const field = (name: string, channels: number) => g.input(name, [batch, channels, rows, cols]);
  return g.attend(field("q", d), field("k", d), field("v", e), keys) as Node<"attend">;
}

const feedsOf = (node: Node, scale: number, seed = 1) =>
  Object.fromEntries(
    ["q", "k", "v"].map((name, i) => [
      name,
      randomNumbers(sizeOf(node.inputs[i]!.shape), seed + i).map((value) => scale * value),
    ]),
  );

const valueOf = (node: Node, feeds: Record<string, Float64Array>) => evaluate([node], feeds)[0]!;

test("attention block by block is attention position by position, whatever the sizes", () => {
  const size = (max: number) => fc.integer({ min: 1, max });
  fc.assert(
    fc.property(
      fc.record({ batch: size(2), rows: size(14), cols: size(14), d: size(4), e: size(3) }),
      fc.constantFrom(...KEYS),
      fc.constantFrom(0.1, 2, 60),
      fc.nat(1000),
      (sizes, keys, scale, seed) => {
        const node = attended(sizes, keys);
        const feeds = feedsOf(node, scale, seed);
        const wanted = valueOf(node, feeds);
        valueOf(attention(node), feeds).forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 9));
      },
    ),
    { seed: 3, numRuns: 60, examples: [[{ batch: 1, rows: 13, cols: 27, d: 2, e: 2 }, "before", 2, 0]] },
  );
});

describe.each(KEYS)("attention to positions %s its own", (keys) => {
  const sizes = { batch: 2, rows: 3, cols: 4, d: 2, e: 3 };
  const node = attended(sizes, keys);
  const feeds = feedsOf(node, 2);
  const positions = sizes.rows * sizes.cols;
  const plain = valueOf(node, feeds);

  test.each(["q", "k", "v"] as const)("depends on %s where it should, and nowhere else", (name) => {
    const channels = name === "v" ? sizes.e : sizes.d;
    for (let changed = 0; changed < channels * positions; changed++) {
      const [channel, j] = [Math.floor(changed / positions), changed % positions];
      const other = feeds[name]!.with(changed, feeds[name]![changed]! + 0.5);
      const result = valueOf(node, { ...feeds, [name]: other });
      plain.forEach((value, index) => {
        const [map, i] = [Math.floor(index / positions), index % positions];
        // Weights are of no account where there is but one of them.
        const count = keys === "upTo" ? i + 1 : i;
        const isRead = {
          q: i === j && count > 1,
          k: j < count && count > 1,
          v: j < count && map === channel,
        }[name];
        // The changed picture is the first one of the batch.
        expect(result[index] !== value).toBe(map < sizes.e && isRead);
      });
    }
  });

  test("is what the causality table says", () => {
    const picture = g.input("picture", [1, 3, 3, 4]);
    const [q, k, v] = [0, 1, 2].map((c) => g.slice(picture, 1, c, c + 1)) as [Node, Node, Node];
    const values = g.concat([v, g.shift(v, 1, 0)], 1);
    const output = g.attend(q, k, values, keys);
    const { reach, offsets } = analyseCausality([output], picture);
    const seen = reach(output).map((set) => {
      if (typeof set !== "object") throw new Error(`expected a set, received ${set}`);
      return offsets.list(set).map(({ channel, rows, cols }) => `${channel} ${rows} ${cols}`);
    });
    const earlier = (channel: number, rowsUp: number) =>
      [-2, -1, 0].flatMap((rows) =>
        [-3, -2, -1, 0, 1, 2, 3]
          .filter((cols) => rows < 0 || cols < 0 || (cols === 0 && keys === "upTo"))
          .filter(() => rows - rowsUp >= -2)
          .map((cols) => `${channel} ${rows - rowsUp} ${cols}`),
      );
    const weights = ["0 0 0", ...earlier(1, 0)];
    expect(seen.map((list) => list.toSorted())).toEqual([
      [...weights, ...earlier(2, 0)].toSorted(),
      [...weights, ...earlier(2, 1)].toSorted(),
    ]);
  });
});

test("the first position attends to nothing before it, and gets 0; what there is to attend to alone is taken whole", () => {
  const node = attended({ batch: 1, rows: 2, cols: 2, d: 1, e: 1 }, "before");
  const feeds = {
    q: Float64Array.of(1, 900, -900, 2),
    k: Float64Array.of(1, -1, 3, 4),
    v: Float64Array.of(5, 7, 9, 11),
  };
  const exact = valueOf(node, feeds);
  expect(exact[0]).toBe(0);
  expect(exact[1]).toBe(5);
  // Of keys 1 and -1 a query of -900 takes the second.
  expect(exact[2]).toBe(7);
  expect([...valueOf(attention(node), feeds)].slice(0, 3)).toEqual([0, 5, 7]);
});

test("a network of two attentions computes the weights of each once, forwards and backwards, and their mask once", () => {
  const x = g.parameter("x", [1, 2, 12, 13]);
  const once = g.attend(x, x, x);
  const loss = g.sum(g.attend(g.mul(once, 2), once, x));
  const order = topologicalOrder(simplify(expand([loss, ...gradients(loss, [x])])));
  const count = (op: string) => order.filter((node) => node.op === op).length;
  // 156 positions are two blocks.
  expect(count("softmax")).toBe(4);
  // Their masks, and the first position.
  expect(count("greater")).toBe(3);
});

test("operands that do not fit together are refused", () => {
  const field = (...shape: number[]) => g.input("f", shape);
  const message = (q: Node, k: Node, v: Node) => () => g.attend(q, k, v);
  const wanted =
    "attend: expected queries and keys [batch, d, rows, cols] and values [batch, e, rows, cols], received ";
  expect(message(field(1, 2, 3, 4), field(1, 3, 3, 4), field(1, 2, 3, 4))).toThrow(
    `${wanted}[1, 2, 3, 4], [1, 3, 3, 4] and [1, 2, 3, 4]`,
  );
  expect(message(field(1, 2, 3, 4), field(1, 2, 3, 4), field(2, 2, 3, 4))).toThrow(wanted);
  expect(message(field(2, 3, 4), field(2, 3, 4), field(2, 3, 4))).toThrow(wanted);
});
