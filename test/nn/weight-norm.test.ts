import { expect, test } from "vitest";
import { gradients } from "../../src/autodiff/gradients.ts";
import * as g from "../../src/graph/language.ts";
import { evaluate } from "../reference/evaluate.ts";
import { initialValues } from "../../src/nn/initialisers.ts";
import { Scope } from "../../src/nn/scope.ts";
import { normalisedConv, normalisedConvTranspose, normalisedWeights } from "../../src/nn/weight-norm.ts";
import { randomNumbers } from "../graph/primitive-cases.ts";

const feedsOf = (scope: Scope) =>
  Object.fromEntries(scope.declarations.map((one) => [one.name, initialValues(one, 1)]));

const SHAPE = [3, 4, 2, 2] as const;
/** Without the first input, and of the last output without anything. */
const mask = {
  shape: SHAPE,
  values: Uint8Array.from({ length: 48 }, (_, i) => (i % 16 >= 4 && i < 32 ? 1 : 0)),
};

test("the weights of an output have the length g, whatever v; masked ones count for nothing", () => {
  for (const scale of [0.01, 1, 100]) {
    const scope = Scope.root();
    const weights = normalisedWeights(scope, SHAPE, { mask, length: 2 });
    const v = randomNumbers(48, 5).map((value) => scale * value);
    const [values] = evaluate([weights], { v, g: [2, 0.5, 2] });
    const lengths = [0, 1, 2].map((output) =>
      Math.hypot(...values!.subarray(output * 16, (output + 1) * 16)),
    );
    expect(lengths[0]).toBeCloseTo(2, 8);
    expect(lengths[1]).toBeCloseTo(0.5, 8);
    expect(lengths[2]).toBe(0);
    values!.forEach((value, i) => expect(value === 0).toBe(mask.values[i] === 0));
    const ratio = values![4]! / v[4]!;
    for (let i = 4; i < 16; i++) expect(values![i]! / v[i]!).toBeCloseTo(ratio, 8);
  }
});

test("an output without weights has finite derivatives", () => {
  const scope = Scope.root();
  const weights = normalisedWeights(scope, SHAPE, { mask, length: 1 });
  const loss = g.sum(g.mul(weights, g.constant(randomNumbers(48, 2), SHAPE)));
  const derivatives = evaluate(
    gradients(
      loss,
      scope.declarations.map(({ node }) => node),
    ),
    feedsOf(scope),
  );
  for (const values of derivatives) expect(values.every(Number.isFinite)).toBe(true);
});

test("in the beginning a convolution keeps the variance of what it reads", () => {
  const scope = Scope.root();
  const x = g.constant(randomNumbers(8 * 32 * 32, 3), [1, 8, 32, 32]);
  const options = { outputs: 64, kernel: [2, 2], pad: { top: 1, left: 1 }, groups: 1 } as const;
  const [y] = evaluate([normalisedConv(scope, x, options)], feedsOf(scope));
  const variance = y!.reduce((total, value) => total + value * value, 0) / y!.length;
  expect(Math.abs(3 * variance - 1)).toBeLessThan(0.1); // uniform in (-1, 1): a third
});

test("so does a transposed one, of which a position is read through one tap of its stride's", () => {
  for (const [kernel, pad] of [
    [[2, 2], {}],
    [[2, 3], { left: 1 }],
  ] as const) {
    const scope = Scope.root();
    const x = g.constant(randomNumbers(64 * 16 * 16, 3), [1, 64, 16, 16]);
    const options = { outputs: 64, kernel, pad, stride: [2, 2], groups: 1 } as const;
    const y = normalisedConvTranspose(scope, x, options);
    expect(y.shape).toEqual([1, 64, 32, 32]);
    const [values] = evaluate([y], feedsOf(scope));
    const variance = values!.reduce((total, value) => total + value * value, 0) / values!.length;
    expect(Math.abs(3 * variance - 1)).toBeLessThan(0.1);
  }
});

test("of a transposed convolution the weights that lead to an output have the length g", () => {
  const scope = Scope.root();
  const weights = normalisedWeights(scope, SHAPE, { mask: undefined, length: 2, axis: 1 });
  const [values] = evaluate([weights], feedsOf(scope));
  for (let output = 0; output < 4; output++) {
    const own = values!.filter((_, i) => Math.floor(i / 4) % 4 === output);
    expect(Math.hypot(...own)).toBeCloseTo(2, 8);
  }
});
