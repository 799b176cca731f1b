import * as fc from "fast-check";
import { expect, test } from "vitest";
import { classMixture } from "../../src/programs/class-mixture.ts";

const nats = (...probabilities: number[]) => Float32Array.from(probabilities, (p) => -Math.log(p));
const logs = (...probabilities: number[]) => Float64Array.from(probabilities, Math.log);

test("Bayes' rule at each of two pixels, by hand", () => {
  // Under class 0 the pixels have probability 1/2 and 1/4, under class 1, a third as frequent, 1/8 and 1.
  const { perSubPixel, posteriors } = classMixture([nats(1 / 2, 1 / 4), nats(1 / 8, 1)], logs(3 / 4, 1 / 4), {
    channels: 1,
    rows: 1,
    cols: 2,
  });
  // p(first) = 3/8 + 1/32 = 13/32; then class 0 is 12/13; p(second) = 12/13 / 4 + 1/13 = 4/13; then it is 3/4.
  expect(Math.exp(-perSubPixel[0]!)).toBeCloseTo(13 / 32, 6);
  expect(Math.exp(-perSubPixel[1]!)).toBeCloseTo(4 / 13, 6);
  expect(posteriors).toHaveLength(1);
  expect(posteriors[0]![0]).toBeCloseTo(3 / 4, 6);
  expect(posteriors[0]![1]).toBeCloseTo(1 / 4, 6);
});

const size = { channels: 2, rows: 2, cols: 3 };
const LENGTH = 12;
const PICTURES = 2;
const inputs = fc.integer({ min: 1, max: 4 }).chain((classes) =>
  fc.tuple(
    fc.array(
      fc.array(fc.double({ min: 0, max: 20, noNaN: true }), {
        minLength: PICTURES * LENGTH,
        maxLength: PICTURES * LENGTH,
      }),
      { minLength: classes, maxLength: classes },
    ),
    fc.array(fc.integer({ min: 1, max: 9 }), { minLength: classes, maxLength: classes }),
  ),
);

test("the whole: -log of the sum over classes of p(k) p(x | k), and each class's share of that sum", () => {
  fc.assert(
    fc.property(inputs, ([perClass, counts]) => {
      const total = counts.reduce((a, b) => a + b);
      const rounded = perClass.map((values) => Float32Array.from(values));
      const mixed = classMixture(rounded, logs(...counts.map((count) => count / total)), size);
      for (let picture = 0; picture < PICTURES; picture++) {
        const own = (values: Float32Array) =>
          values.subarray(picture * LENGTH, (picture + 1) * LENGTH).reduce((a, b) => a + b, 0);
        const joint = rounded.map((values, k) => (counts[k]! / total) * Math.exp(-own(values)));
        const sum = joint.reduce((a, b) => a + b);
        expect(own(mixed.perSubPixel)).toBeCloseTo(-Math.log(sum), 3);
        joint.forEach((one, k) => expect(mixed.posteriors[picture]![k]).toBeCloseTo(one / sum, 6));
      }
    }),
    { seed: 3, numRuns: 50 },
  );
});

test("a sub-pixel's nats do not depend on later ones: colours of a pixel come one after the other", () => {
  const perClass = [1, 2].map((k) =>
    Float32Array.from({ length: LENGTH }, (_, i) => ((i * 7 * k + 3) % 11) / 4),
  );
  const prior = logs(0.5, 0.5);
  const wanted = classMixture(perClass, prior, size).perSubPixel;
  const place = (i: number) => 2 * (i % 6) + Math.floor(i / 6); // in raster order
  for (let changed = 0; changed < LENGTH; changed++) {
    const other = classMixture([perClass[0]!.with(changed, 9), perClass[1]!], prior, size).perSubPixel;
    for (let i = 0; i < LENGTH; i++) {
      if (place(i) < place(changed)) expect(other[i]).toBe(wanted[i]);
      // Afterwards class 0 is less credible, which shows as long as the classes differ.
      else expect(other[i] === wanted[i]).toBe(i !== changed && perClass[0]![i] === perClass[1]![i]);
    }
  }
});
