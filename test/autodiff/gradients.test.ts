import { describe, expect, test } from "vitest";
import { gradients } from "../../src/autodiff/gradients.ts";
import * as g from "../../src/graph/language.ts";
import { type Node, is } from "../../src/graph/node.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { simplify } from "../../src/graph/simplify.ts";
import { topologicalOrder } from "../../src/graph/walk.ts";
import { evaluate, type Feeds } from "../reference/evaluate.ts";
import { allCases, randomNumbers } from "../graph/primitive-cases.ts";

const STEP = 1e-5;

/** The derivative of the loss along one random direction of all parameters: by the gradients, and by differences. */
function directional(
  loss: Node,
  feeds: Feeds,
  parameters: readonly Node<"parameter">[],
  gradientNodes: readonly Node[],
) {
  const directions = parameters.map(({ shape }, i) => randomNumbers(sizeOf(shape), 100 + i));
  const lossAt = (step: number) => {
    const moved = parameters.map(({ attributes: { name } }, i) => [
      name,
      Float64Array.from(feeds[name]!, (value, k) => value + step * directions[i]![k]!),
    ]);
    return evaluate([loss], { ...feeds, ...Object.fromEntries(moved) })[0]![0]!;
  };
  const byDifferences = (lossAt(STEP) - lossAt(-STEP)) / (2 * STEP);
  const values = evaluate(gradientNodes, feeds);
  const byGradients = values.reduce(
    (total, value, i) => value.reduce((t, d, k) => t + d * directions[i]![k]!, total),
    0,
  );
  return { byDifferences, byGradients };
}

function expectClose(found: { byGradients: number; byDifferences: number }, relative: number) {
  const bound = relative * Math.max(1, Math.abs(found.byDifferences));
  expect(Math.abs(found.byGradients - found.byDifferences)).toBeLessThan(bound);
}

describe("vector-Jacobian products agree with central differences in float64", () => {
  test.each(allCases)("$op, case $index", ({ case: { output, positive } }) => {
    // Random weights on the outputs, and a square, so that second derivatives exist and nothing cancels.
    const weights = g.constant(randomNumbers(sizeOf(output.shape), 1), output.shape);
    const loss = g.sum(g.mul(g.mul(output, output), weights));
    const leaves = topologicalOrder([loss]);
    const parameters = leaves.filter((node): node is Node<"parameter"> => is(node, "parameter"));
    const feeds = Object.fromEntries(
      leaves
        .filter((node): node is Node<"parameter"> => is(node, "parameter") || is(node, "input"))
        .map((node, i) => [node.attributes.name, randomNumbers(sizeOf(node.shape), 10 + i, positive)]),
    );

    const first = gradients(loss, parameters);
    const once = directional(loss, feeds, parameters, first);
    expectClose(once, 1e-7);
    expect(first.map(({ shape }) => shape)).toEqual(parameters.map(({ shape }) => shape));

    // The rules are closed under differentiation: the gradient of a function of the gradient is right as well.
    const second = g.sum(
      g.concat(
        first.map((node) => g.reshape(g.mul(node, node), [sizeOf(node.shape)])),
        0,
      ),
    );
    const twice = directional(second, feeds, parameters, gradients(second, parameters));
    expectClose(twice, 1e-6);

    // Simplification changes no value.
    const plain = evaluate(first, feeds);
    const simplified = evaluate(simplify(first), feeds);
    simplified.forEach((value, i) => value.forEach((v, k) => expect(v).toBeCloseTo(plain[i]![k]!, 12)));
  });

  test("a slice of each part of an axis gives a concatenation, not a sum of padded parts", () => {
    const x = g.parameter("x", [2, 4]);
    const loss = g.sum(g.mul(g.tanh(g.slice(x, 1, 0, 2)), g.sigmoid(g.slice(x, 1, 2, 4))));
    const ops = topologicalOrder(gradients(loss, [x])).map((node) => node.op);
    expect(ops).toContain("concat");
    expect(ops).not.toContain("pad");
  });

  test("what the loss does not depend on has the derivative 0", () => {
    const [x, unrelated] = [g.parameter("x", [2]), g.parameter("y", [3])];
    const [dx, dy] = evaluate(gradients(g.sum(g.mul(x, g.stopGradient(x))), [x, unrelated]), { x: [2, 3] });
    expect([...dx!]).toEqual([2, 3]);
    expect([...dy!]).toEqual([0, 0, 0]);
  });

  test("a function of x rounded has the derivative 0, and, straight through, that of x itself", () => {
    const x = g.parameter("x", [3]);
    const rounded = g.round(x);
    const straightThrough = g.add(x, g.stopGradient(g.sub(rounded, x)));
    const outputs = [rounded, straightThrough].flatMap((y) => gradients(g.sum(g.mul(y, y)), [x]));
    const [dead, alive] = evaluate(outputs, { x: [0.5, 1.5, -2.7] });
    expect([...dead!]).toEqual([0, 0, 0]);
    expect([...alive!]).toEqual([0, 4, -6]);
  });

  test("a loss of more than one element is refused", () => {
    expect(() => gradients(g.parameter("x", [2]), [])).toThrow(
      "expected a loss of one element, received [2]",
    );
  });
});
