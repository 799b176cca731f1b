import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { constantElements, storedValue } from "../../src/graph/constant-values.ts";
import { foldConstants } from "../../src/graph/fold-constants.ts";
import * as g from "../../src/graph/language.ts";
import { is, type Node } from "../../src/graph/node.ts";
import { POINTWISE_PRIMITIVES } from "../../src/graph/pointwise.ts";
import type { Primitive } from "../../src/graph/primitives.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { rewriteGraph, topologicalOrder } from "../../src/graph/walk.ts";
import { evaluate } from "../reference/evaluate.ts";
import { allCases, randomNumbers } from "./primitive-cases.ts";

const FOLDED: ReadonlySet<Primitive> = new Set([
  ...POINTWISE_PRIMITIVES,
  ...(["broadcast", "reshape", "transpose", "slice", "pad", "shift", "concat"] as const),
  ...(["sum", "max", "softmax", "matmul"] as const),
]);

/** A graph with constants for its parameters and inputs. */
function ofConstants(output: Node, isPositive: boolean): Node {
  const [constants] = rewriteGraph([output], (node) =>
    is(node, "parameter") || is(node, "input")
      ? g.constant(
          randomNumbers(sizeOf(node.shape), node.attributes.name.charCodeAt(0), isPositive),
          node.shape,
        )
      : node,
  );
  return constants!;
}

const expectSameBits = (found: Float64Array, wanted: Float64Array) =>
  expect(new BigInt64Array(Float64Array.from(found).buffer)).toEqual(
    new BigInt64Array(Float64Array.from(wanted).buffer),
  );

describe("what is made of constants alone has the bits of the float64 reference", () => {
  test.each(allCases.filter(({ op }) => FOLDED.has(op)))(
    "$op, case $index",
    ({ case: { output, positive } }) => {
      const node = ofConstants(output, positive ?? false);
      const isFolded = topologicalOrder([node]).every(({ op }) => op === "constant" || FOLDED.has(op));
      const found = constantElements(node);
      expect(found !== undefined).toBe(isFolded);
      if (found) expectSameBits(found, evaluate([node], {})[0]!);
    },
  );
});

const SHAPE = [1, 2, 3, 4] as const;
const PICTURE = g.input("picture", SHAPE);

/** Numbers along some axes, repeated along the others. */
const leaf: fc.Arbitrary<Node> = fc
  .tuple(fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), fc.integer({ min: 0, max: 9 }))
  .map(([kept, seed]) => {
    const shape = [1, ...kept.map((isKept, i) => (isKept ? SHAPE[i + 1]! : 1))];
    return g.broadcast(g.constant(randomNumbers(sizeOf(shape), seed), shape), SHAPE);
  });

const OPERATIONS: readonly ((a: Node, b: Node) => Node)[] = [
  g.add,
  (a, b) => g.mul(a, g.tanh(b)),
  (a, b) => g.where(g.greater(a, b), a, b),
  (a, b) => g.slice(g.concat([a, b], 1), 1, 1, 3),
  (a, b) => g.slice(g.concat([a, b], 2), 2, 2, 5),
  (a, b) => g.add(g.sum(a, [1]), g.max(b, [2, 3])),
  (a, b) => g.add(g.shift(a, 1, 0), g.shift(b, -1, 5)),
  (a) => g.slice(g.pad(a, 3, 1, 2), 3, 0, 4),
  (a) => g.slice(g.pad(a, 2, 2, 2), 2, 4, 7),
  (a) => g.transpose(g.softmax(g.transpose(a, [0, 1, 3, 2])), [0, 1, 3, 2]),
  (a) => g.reshape(g.reshape(a, [2, 12]), SHAPE),
];

const graph = fc
  .tuple(
    fc.array(leaf, { minLength: 2, maxLength: 4 }),
    fc.array(fc.integer({ min: 0, max: OPERATIONS.length - 1 }), { minLength: 1, maxLength: 6 }),
  )
  .map(([leaves, operations]) =>
    operations.reduce<Node>(
      (x, operation, i) => OPERATIONS[operation]!(x, leaves[(i + 1) % leaves.length]!),
      leaves[0]!,
    ),
  );

test("repeated values are folded to the same bits", () => {
  fc.assert(
    fc.property(graph, (node) => {
      const [wanted] = evaluate([node], {});
      expectSameBits(constantElements(node)!, wanted!);
      const [folded] = foldConstants([node], PICTURE);
      expect(folded!.shape).toEqual(node.shape);
      expectSameBits(evaluate([folded!], {})[0]!, wanted!);
    }),
    { seed: 6, numRuns: 300 },
  );
});

describe("folding", () => {
  const line = (axis: number) =>
    g.constant(
      [1, 2, 3, 4].slice(0, SHAPE[axis]),
      SHAPE.map((size, i) => (i === axis ? size : 1)),
    );
  const [rows, cols] = [g.broadcast(line(2), SHAPE), g.broadcast(line(3), SHAPE)];

  test("stores what is repeated once", () => {
    const [folded] = foldConstants([g.exp(g.add(rows, 1))], PICTURE);
    expect(storedValue(folded!)?.shape).toEqual([1, 1, 3, 1]);
    const ofFirstRow = g.pad(g.broadcast(line(1), [1, 2, 1, 4]), 2, 0, 2);
    expect(storedValue(foldConstants([ofFirstRow], PICTURE)[0]!)?.shape).toEqual([1, 2, 3, 1]);
  });

  test("leaves fields that would grow with the area of the picture, and folds weights that grow", () => {
    for (const field of [g.mul(rows, cols), g.concat([rows, cols], 1)]) {
      const [left] = foldConstants([field], PICTURE);
      expect(left!.op).toBe(field.op);
    }
    const outer = g.mul(g.constant([1, 2], [2, 1]), g.constant([1, 2, 3], [1, 3]));
    expect(storedValue(foldConstants([outer], PICTURE)[0]!)?.data).toEqual(Float64Array.of(1, 2, 3, 2, 4, 6));
  });

  test("leaves what depends on an input", () => {
    const [left] = foldConstants([g.add(PICTURE, g.add(rows, 1))], PICTURE);
    expect(left!.op).toBe("add");
    expect(left!.inputs.map(({ op }) => op)).toEqual(["input", "broadcast"]);
  });
});
