import * as fc from "fast-check";
import { expect, test } from "vitest";
import { inWords, NO_CURVES, shortNumber, smoothed, withLines } from "../../src/studio/page/runs/curves.ts";
import { differences, fieldRows } from "../../src/studio/page/runs/differences.ts";

test("records make the same curves in one piece and in many; what is no record is left out", () => {
  const values = fc.dictionary(
    fc.constantFrom("nats", "klOfAll"),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  const record = fc.record({
    train: values,
    valid: fc.option(values),
    learningRate: fc.double({ min: 0, max: 1 }),
  });
  const damage = fc.constantFrom("", "{", "null", "[1]", '{"step":"1"}', '{"step":1,"train":5,"valid":[]}');
  fc.assert(
    fc.property(fc.array(record), damage, fc.nat(), (records, damaged, at) => {
      const lines = records.map((one, i) => JSON.stringify({ step: i + 1, ...one }));
      const whole = withLines(NO_CURVES, lines.join("\n"));
      const cut = at % (lines.length + 1);
      const start = withLines(NO_CURVES, `${lines.slice(0, cut).join("\n")}\n${damaged === "" ? "" : "no"}`);
      const both = withLines(
        start,
        [damaged.replace('"step":1', '"step":0'), ...lines.slice(cut)].join("\n"),
      );
      expect(both).toEqual(whole);
      expect(whole.step).toBe(records.length);
      const steps = records.flatMap(({ valid }, i) => (valid && "nats" in valid ? [i + 1] : []));
      expect(whole.figures.get("nats")?.valid?.steps ?? []).toEqual(steps);
    }),
  );
});

test("a smoothed curve stays between the values, and is the curve itself without smoothing", () => {
  const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(numbers, fc.integer({ min: 0, max: 99 }), (values, percent) => {
      const curve = { steps: values.map((_, i) => i), values };
      const averages = smoothed(curve, percent / 100).values;
      expect(averages[0]).toBeCloseTo(values[0]!, 5);
      const [low, high] = [Math.min(...values) - 1e-6, Math.max(...values) + 1e-6];
      expect(averages.every((value) => value >= low && value <= high)).toBe(true);
      expect(smoothed(curve, 0)).toEqual(curve);
    }),
  );
  const constant = { steps: [1, 2, 3], values: [2, 4, 4] };
  // 0.5 of 2 and 0.5 of 4 with the weights that an average has that has just begun.
  expect(smoothed(constant, 0.5).values[1]).toBeCloseTo((0.25 * 2 + 0.5 * 4) / 0.75);
});

test("figures and numbers are written as people read them", () => {
  const names = ["bitsPerDim", "negativeElbo", "kl", "nats", "scoreReal"];
  const words = ["Bits per dim", "Negative ELBO", "KL", "Nats", "Score real"];
  expect(names.map(inWords)).toEqual(words);
  const numbers = [0, 1.23456, 86.1649, 12345.6, 1e7, 0.00001234, -0.5];
  expect(numbers.map(shortNumber)).toEqual(["0", "1.235", "86.16", "12346", "1e+7", "1.23e-5", "-0.5"]);
});

test("configurations differ in their fields, and in those that only one has", () => {
  const one = { a: { b: 1, c: [1, 2] }, d: "x", e: null };
  expect(fieldRows([one]).map(({ path, values }) => [path, ...values])).toEqual([
    ["a.b", "1"],
    ["a.c", "[1,2]"],
    ["d", "x"],
    ["e", "null"],
  ]);
  expect(differences([one, one])).toEqual([]);
  expect(differences([one, { a: { b: 2, c: [1, 2] }, d: "x" }])).toEqual([
    { path: "a.b", values: ["1", "2"] },
    { path: "e", values: ["null", undefined] },
  ]);
});
