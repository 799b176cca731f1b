import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as g from "../../src/graph/language.ts";
import { bernoulli } from "../../src/likelihood/bernoulli.ts";
import { likelihoodByName } from "../../src/likelihood/by-name.ts";
import { categorical } from "../../src/likelihood/categorical.ts";
import { levelAt, natsOfLevel, type LikelihoodName } from "../../src/likelihood/likelihood.ts";
import { logisticMixture } from "../../src/likelihood/logistic-mixture.ts";
import { evaluate } from "../reference/evaluate.ts";

const logit = fc.double({ min: -30, max: 30, noNaN: true });

/** The nats that a likelihood says a level costs, for one sub-pixel. */
function natsOf(
  likelihood: ReturnType<typeof likelihoodByName>,
  logits: readonly number[],
  level: number,
): number {
  const nats = likelihood.nats(
    g.input("logits", [1, logits.length, 1, 1]),
    g.input("pictures", [1, 1, 1, 1]),
  );
  return evaluate([nats], { logits, pictures: [level] })[0]![0]!;
}

const likelihoods = [
  { name: "bernoulli", likelihood: bernoulli, levels: 2 },
  { name: "categorical", likelihood: categorical(5), levels: 5 },
  { name: "logistic-mixture", likelihood: logisticMixture(6), levels: 6 },
];

describe.each(likelihoods)("$name", ({ likelihood, levels }) => {
  const logitsOf = fc.array(logit, {
    minLength: likelihood.logits(1),
    maxLength: likelihood.logits(1),
  });
  const draw = (logits: readonly number[], uniform: number, temperature: number) =>
    levelAt(likelihood.masses(logits, temperature, []), uniform);

  test("probabilities of all levels sum to 1", () => {
    fc.assert(
      fc.property(logitsOf, (logits) => {
        const total = Array.from({ length: levels }, (_, level) =>
          Math.exp(-natsOf(likelihood, logits, level)),
        );
        expect(total.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  test("the masses are what the nats say", () => {
    fc.assert(
      fc.property(logitsOf, (logits) => {
        const masses = likelihood.masses(logits, 1, []);
        expect(masses.length).toBe(levels);
        for (let level = 0; level < levels; level++) {
          const wanted = natsOf(likelihood, logits, level);
          if (wanted < 500) expect(natsOfLevel(masses, level)).toBeCloseTo(wanted, 9);
        }
      }),
      { seed: 4, numRuns: 100 },
    );
  });

  test("a draw inverts the distribution function: level k for uniform numbers of the width of its probability", () => {
    fc.assert(
      fc.property(logitsOf, (logits) => {
        let below = 0;
        for (let level = 0; level < levels; level++) {
          const p = Math.exp(-natsOf(likelihood, logits, level));
          if (p > 1e-6) {
            expect(draw(logits, below + 0.001 * p, 1)).toBe(level);
            expect(draw(logits, below + 0.999 * p, 1)).toBe(level);
          }
          below += p;
        }
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  test("the temperature divides the logits, but multiplies the scales of a mixture", () => {
    fc.assert(
      fc.property(logitsOf, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (logits, uniform) => {
        const tempered = (value: number, k: number) => {
          if (likelihood.name !== "logistic-mixture" || k < 10) return value / 2;
          return k < 20 ? value : Math.min(Math.max(value, -7), 30) + Math.log(2);
        };
        expect(draw(logits, uniform, 2)).toBe(draw(logits.map(tempered), uniform, 1));
      }),
      { seed: 3, numRuns: 100 },
    );
  });

  test("extreme logits overflow nowhere, and the ends of (0, 1) draw a level that exists", () => {
    const logits = Array.from({ length: likelihood.logits(1) }, (_, k) => (k === 0 ? 5000 : -5000));
    for (let level = 0; level < levels; level++)
      expect(Number.isFinite(natsOf(likelihood, logits, level))).toBe(true);
    for (const uniform of [2 ** -33, 1 - 2 ** -33]) {
      expect(draw(logits, uniform, 1)).toBeLessThan(levels);
      expect(draw(logits, uniform, 1)).toBeGreaterThanOrEqual(0);
    }
  });
});

test("the Bernoulli likelihood is for two levels", () => {
  expect(() => likelihoodByName("bernoulli", 17)).toThrow(
    "expected 2 levels (--levels 2) for the Bernoulli likelihood, received 17",
  );
});

test("a likelihood that does not exist is not taken for another", () => {
  expect(() => likelihoodByName("gaussian" as LikelihoodName, 2)).toThrow(
    expect.objectContaining({
      code: "NOT_FOUND",
      message:
        'expected bernoulli or categorical or logistic-mixture for the likelihood, received "gaussian"',
    }),
  );
});
