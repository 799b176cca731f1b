import * as fc from "fast-check";
import { expect, test } from "vitest";
import { arc } from "../../src/programs/interpolation.ts";
import { randomNumbers } from "../graph/primitive-cases.ts";

const lengthOf = (vector: ArrayLike<number>) => Math.hypot(...Array.from(vector));

test("points from one vector to another begin and end there, and are as long on the way", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), fc.nat(1000), fc.nat(1000), (length, a, b) => {
      const unit = (seed: number) => {
        const numbers = randomNumbers(length, seed);
        return Float32Array.from(numbers, (value) => value / lengthOf(numbers));
      };
      const [from, to] = [unit(a), unit(b)];
      const points = arc(from, to, 5);
      const point = (k: number) => points.subarray(k * length, (k + 1) * length);
      from.forEach((value, i) => expect(point(0)[i]).toBeCloseTo(value, 5));
      to.forEach((value, i) => expect(point(4)[i]).toBeCloseTo(value, 5));
      const opposite = from.every((value, i) => Math.abs(value + to[i]!) < 1e-2);
      if (!opposite) for (let k = 0; k < 5; k++) expect(lengthOf(point(k))).toBeCloseTo(1, 3);
    }),
    { seed: 1 },
  );
});

test("steps on the way are equally wide", () => {
  const points = arc(Float32Array.of(1, 0), Float32Array.of(0, 1), 4);
  const angles = [0, 1, 2, 3].map((k) => Math.atan2(points[2 * k + 1]!, points[2 * k]!));
  angles.forEach((angle, k) => expect(angle).toBeCloseTo((k * Math.PI) / 6, 6));
});

test("from a vector to itself there is nothing but it", () => {
  const point = Float32Array.of(0.6, -0.8);
  const points = arc(point, point, 3);
  points.forEach((value, i) => expect(value).toBeCloseTo(point[i % 2]!, 6));
});
