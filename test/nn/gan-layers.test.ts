import * as fc from "fast-check";
import { expect, test } from "vitest";
import { gradients } from "../../src/autodiff/gradients.ts";
import * as g from "../../src/graph/language.ts";
import { leakyRelu, softplus } from "../../src/nn/nonlinearity.ts";
import { averagePool, repeatPixels } from "../../src/nn/resampling.ts";
import { evaluate } from "../reference/evaluate.ts";

const x = g.parameter("x", [1]);
const at = (node: ReturnType<typeof g.neg>, value: number) =>
  evaluate([node], { x: Float64Array.of(value) })[0]![0]!;

test("softplus is log(1 + e^x), with its derivative, however large x is", () => {
  const [derivative] = gradients(softplus(x), [x]);
  fc.assert(
    fc.property(fc.double({ min: -30, max: 30, noNaN: true }), (value) => {
      expect(at(softplus(x), value)).toBeCloseTo(Math.log1p(Math.exp(value)), 10);
      expect(at(derivative!, value)).toBeCloseTo(1 / (1 + Math.exp(-value)), 10);
    }),
  );
  expect(at(derivative!, 0)).toBe(0.5);
  expect(at(softplus(x), 1000)).toBe(1000);
  expect(at(softplus(x), -1000)).toBe(0);
});

test("leaky ReLU keeps a fifth of what is below 0", () => {
  expect(at(leakyRelu(x), 3)).toBe(3);
  expect(at(leakyRelu(x), -3)).toBeCloseTo(-0.6, 12);
});

test("a pixel becomes a square, whose mean is the pixel", () => {
  const field = g.parameter("field", [2, 1, 2, 3]);
  const feeds = { field: Float64Array.from({ length: 12 }, (_, i) => i) };
  const [squares, back] = evaluate([repeatPixels(field), averagePool(repeatPixels(field))], feeds);
  expect(Array.from(squares!.subarray(0, 12))).toEqual([0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2]);
  expect(back).toEqual(feeds.field);
  // 0, 1, 3, 4 and 6, 7, 9, 10
  expect([...evaluate([averagePool(g.slice(field, 3, 0, 2))], feeds)[0]!]).toEqual([2, 8]);
});
