import { describe, expect, test } from "vitest";
import * as g from "../../src/graph/language.ts";
import { type Node, named } from "../../src/graph/node.ts";
import { printGraph } from "./print.ts";
import { simplify } from "../../src/graph/simplify.ts";
import { topologicalOrder } from "../../src/graph/walk.ts";
import { evaluate } from "../reference/evaluate.ts";
import { buildNetwork } from "../../src/programs/network.ts";

const x = g.input("picture", [2, 64, 5, 5]);
const ones = (...shape: number[]) => ({
  shape,
  values: new Uint8Array(shape.reduce((a, b) => a * b, 1)).fill(1),
});

describe("operands that do not fit are refused in one sentence", () => {
  test.each<[string, () => Node, string]>([
    [
      "weights for other channels, at a named node",
      () => g.conv(x, g.parameter("w", [128, 32, 2, 3]), { name: "v3/gate" }),
      "conv: expected weights [O, 64, kh, kw] for an input of 64 channels, received [128, 32, 2, 3] (at v3/gate)",
    ],
    [
      "a kernel larger than the picture",
      () => g.conv(x, g.parameter("w", [1, 64, 7, 1])),
      "conv: expected a kernel no larger than the padded picture, received weights [1, 64, 7, 1] for [2, 64, 5, 5] (operands: picture, w)",
    ],
    [
      "a mask of another shape",
      () => g.conv(x, g.parameter("w", [1, 64, 1, 1]), { mask: ones(1, 64, 1, 2) }),
      "conv: expected a mask [1, 64, 1, 1], received [1, 64, 1, 2] (operands: picture, w)",
    ],
    [
      "shapes that do not broadcast",
      () => g.add(named(g.relu(x), "block1"), g.parameter("bias", [1, 32, 1, 1])),
      "add: expected shapes that broadcast, received [2, 64, 5, 5] and [1, 32, 1, 1] (operands: block1, bias)",
    ],
    [
      "a slice out of range",
      () => g.slice(x, 1, 60, 70),
      "slice: expected a range within 0..64 of axis 1, received 60..70 (operands: picture)",
    ],
    [
      "parts of different shape",
      () => g.concat([x, g.input("y", [2, 3, 5, 4])], 1),
      "concat: expected shapes equal but for axis 1, received [2, 64, 5, 5] and [2, 3, 5, 4] (operands: picture, y)",
    ],
    [
      "another number of elements",
      () => g.reshape(x, [2, 63]),
      "reshape: expected 3200 elements as in [2, 64, 5, 5], received [2, 63] (operands: picture)",
    ],
    [
      "a matrix product of wrong sizes",
      () => g.matmul(g.input("a", [2, 3]), g.input("b", [4, 5])),
      "matmul: expected [.., m, k] and [.., k, n], received [2, 3] and [4, 5] (operands: a, b)",
    ],
    [
      "a leaf of no size",
      () => g.input("z", [2, 0]),
      "input: expected a shape of positive whole sizes, received [2, 0] (at z)",
    ],
    [
      "a sum over an axis that is not there",
      () => g.sum(x, [4]),
      "sum: expected axes of [2, 64, 5, 5], received [4] (operands: picture)",
    ],
  ])("%s", (_, build, message) => {
    expect(build).toThrow(message);
  });
});

test("a graph prints as text, nodes numbered in the order of computation", () => {
  const config = {
    model: "pixelcnn",
    modelConfig: { width: 4, depth: 1, head: 4 },
    likelihood: "bernoulli",
    levels: 2,
    size: { channels: 1, rows: 8, cols: 8 },
  } as const;
  const { logits } = buildNetwork(config, 2);
  expect(printGraph({ logits })).toMatchSnapshot();
});

describe("simplification", () => {
  const a = g.parameter("a", [2, 3]);
  const ops = (...outputs: Node[]) => topologicalOrder(simplify(outputs)).map((node) => node.op);

  test("merges what is computed twice", () => {
    expect(ops(g.add(g.tanh(g.neg(a)), g.tanh(g.neg(a))))).toEqual(["parameter", "neg", "tanh", "add"]);
  });

  test("keeps apart what differs in an attribute, a constant or a mask only", () => {
    expect(ops(g.add(g.slice(a, 1, 0, 1), g.slice(a, 1, 1, 2))).filter((op) => op === "slice")).toHaveLength(
      2,
    );
    expect(ops(g.concat([g.mul(a, 2), g.mul(a, 3)], 0)).filter((op) => op === "mul")).toHaveLength(2);
    const w = g.parameter("w", [1, 64, 1, 1]);
    const half = { shape: [1, 64, 1, 1], values: ones(1, 64, 1, 1).values.map((_, i) => i % 2) };
    const convs = g.concat(
      [g.conv(x, w, { mask: ones(1, 64, 1, 1) }), g.conv(x, w, { mask: half }), g.conv(x, w)],
      1,
    );
    expect(ops(convs).filter((op) => op === "conv")).toHaveLength(3);
  });

  test("drops neutral operands and double negation, and computes with scalars", () => {
    expect(ops(g.neg(g.neg(g.add(g.mul(a, 1), 0))))).toEqual(["parameter"]);
    expect(ops(g.mul(a, g.sub(g.add(g.constant([2], []), 3), 4)))).toEqual(["parameter"]);
    // Not if that would change the shape.
    expect(ops(g.add(g.parameter("s", []), g.constant([0, 0])))).toContain("add");
  });

  test("changes no value", () => {
    const node = g.sub(g.mul(g.neg(g.neg(a)), 1), g.div(g.reshape(g.reshape(a, [6]), [2, 3]), 1));
    expect([...evaluate(simplify([node]), { a: [1, 2, 3, 4, 5, 6] })[0]!]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

test("the order of computation follows the operands, from either side", () => {
  const [a, b] = [g.parameter("a", [1]), g.parameter("b", [1])];
  const output = g.concat([g.tanh(a), g.exp(b)], 0);
  const ops = (...order: Node[]) => order.map((node) => node.name ?? node.op);
  expect(ops(...topologicalOrder([output]))).toEqual(["a", "tanh", "b", "exp", "concat"]);
  expect(ops(...topologicalOrder([output], "last to first"))).toEqual(["b", "exp", "a", "tanh", "concat"]);
});

test("deep graphs are no problem", () => {
  let node: Node = g.parameter("a", [1]);
  for (let i = 0; i < 20_000; i++) node = g.add(node, g.parameter("b", [1]));
  expect(evaluate(simplify([node]), { a: [0], b: [1] })[0]![0]).toBe(20_000);
});
