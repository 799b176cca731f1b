import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dequantise, quantise } from "../../src/data/quantise.ts";

const allBytes = Uint8Array.from({ length: 256 }, (_, value) => value);

describe("quantise", () => {
  test("undoes dequantise, for every level of every number of levels", () => {
    for (let count = 2; count <= 256; count++) {
      const levels = allBytes.subarray(0, count);
      expect(quantise(dequantise(levels, count), count)).toEqual(levels);
    }
  });

  test("is the identity at 256 levels, a threshold at 2", () => {
    expect(quantise(allBytes, 256)).toEqual(allBytes);
    expect(quantise(Uint8Array.of(0, 127, 128, 255), 2)).toEqual(Uint8Array.of(0, 0, 1, 1));
    expect(dequantise(Uint8Array.of(0, 1, 2), 3)).toEqual(Uint8Array.of(0, 128, 255));
  });

  test("chooses the nearest level", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 256 }), fc.integer({ min: 0, max: 255 }), (count, value) => {
        const level = quantise(Uint8Array.of(value), count)[0]!;
        expect(level).toBeLessThan(count);
        expect(Math.abs((level * 255) / (count - 1) - value)).toBeLessThanOrEqual(127.5 / (count - 1));
      }),
      { seed: 1 },
    );
  });

  test.each([1, 257, 2.5, NaN, -3])("refuses %s levels", (count) => {
    const message = `expected a whole number from 2 to 256 for levels, received ${count}`;
    expect(() => quantise(allBytes, count)).toThrow(message);
    expect(() => dequantise(allBytes, count)).toThrow(message);
  });

  test("refuses a level that is too high", () => {
    expect(() => dequantise(Uint8Array.of(16, 17), 17)).toThrow("a level from 0 to 16");
  });
});
