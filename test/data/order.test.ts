import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochOf, trainingOrder } from "../../src/data/order.ts";

const counts = fc.integer({ min: 1, max: 40 });
const batches = fc.integer({ min: 1, max: 50 });
const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

describe("trainingOrder", () => {
  test("runs through a permutation of all pictures in every epoch, whatever the batch", () => {
    fc.assert(
      fc.property(counts, batches, seeds, (count, batch, seed) => {
        const order = trainingOrder(count, seed);
        const steps = Math.ceil((4 * count) / batch);
        const stream = Array.from({ length: steps }, (_, step) => [...order(step, batch)]).flat();
        const all = Array.from({ length: count }, (_, i) => i);
        for (let epoch = 0; epoch < 4; epoch++) {
          const seen = stream.slice(epoch * count, (epoch + 1) * count);
          expect(seen.sort((a, b) => a - b)).toEqual(all);
        }
      }),
      { seed: 2 },
    );
  });

  test("gives any step what it gives in sequence", () => {
    fc.assert(
      fc.property(
        counts,
        batches,
        seeds,
        fc.array(fc.nat(30), { maxLength: 8 }),
        (count, batch, seed, jumps) => {
          const sequential = trainingOrder(count, seed);
          const steps = Array.from({ length: 31 }, (_, step) => sequential(step, batch));
          const jumping = trainingOrder(count, seed);
          for (const step of jumps) expect(jumping(step, batch)).toEqual(steps[step]);
        },
      ),
      { seed: 3 },
    );
  });

  test("is one stream, however it is cut into batches", () => {
    const order = trainingOrder(10, 5);
    const single = Array.from({ length: 60 }, (_, step) => order(step, 1)[0]);
    const six = Array.from({ length: 10 }, (_, step) => [...order(step, 6)]).flat();
    expect(six).toEqual(single);
  });

  test("differs between epochs and between seeds", () => {
    const order = trainingOrder(100, 0);
    expect(order(0, 100)).not.toEqual(order(1, 100));
    expect(order(0, 100)).not.toEqual(trainingOrder(100, 1)(0, 100));
  });

  test("does not let a caller's changes reach later batches", () => {
    const order = trainingOrder(8, 0);
    const before = order(0, 8);
    order(0, 8).fill(0);
    expect(order(0, 8)).toEqual(before);
  });

  test("refuses what is out of range", () => {
    expect(() => trainingOrder(0, 0)).toThrow("for count, received 0");
    expect(() => trainingOrder(5, -1)).toThrow("for seed, received -1");
    expect(() => trainingOrder(5, 0)(-1, 2)).toThrow("for step, received -1");
    expect(() => trainingOrder(5, 0)(0, 0)).toThrow("for batch, received 0");
  });
});

test("epochOf counts whole and part epochs", () => {
  expect(epochOf(0, 16, 100)).toBe(0);
  expect(epochOf(25, 16, 100)).toBe(4);
  expect(epochOf(1, 250, 100)).toBe(2.5);
});
