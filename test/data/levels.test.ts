import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countLevels, haveLevels } from "../../src/data/levels.ts";
import { dequantise, quantise } from "../../src/data/quantise.ts";

function levelsOf(...pictures: (readonly number[] | Uint8Array)[]): number {
  const counter = countLevels();
  for (const picture of pictures) counter.add(Uint8Array.from(picture));
  return counter.levels();
}

describe("the levels that pictures have", () => {
  test.each([
    [[0, 255, 0], 2],
    [[0, 85, 255], 4],
    [[0, 85, 255, 17], 16],
    [[0, 128, 255], 256],
    [[0, 0], 256],
    [[255], 256],
    [[85, 170], 256],
    [[], 256],
  ])("of %j are %i", (values, levels) => {
    expect(levelsOf(values)).toBe(levels);
  });

  test("are those of all of them together", () => {
    expect(levelsOf([0], [255])).toBe(2);
    expect(levelsOf([0, 255], [0, 85])).toBe(4);
    expect(levelsOf([0, 255, 85], [0, 255])).toBe(4);
    expect(levelsOf([0, 17], [255, 0])).toBe(16);
    expect(levelsOf([0, 255], [1], [0, 255])).toBe(256);
  });

  test("lose nothing", () => {
    const pictures = fc.constantFrom(2, 4, 16, 256).chain((levels) =>
      fc.array(
        fc.uint8Array({ minLength: 1, max: levels - 1 }).map((picture) => dequantise(picture, levels)),
        { maxLength: 5 },
      ),
    );
    fc.assert(
      fc.property(pictures, (all) => {
        const levels = levelsOf(...all);
        for (const picture of all) {
          expect(haveLevels(picture, levels)).toBe(true);
          expect(dequantise(quantise(picture, levels), levels)).toEqual(picture);
        }
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  test("are known to be 256 as soon as a value is of no other number", () => {
    const counter = countLevels();
    expect(counter.add(Uint8Array.of(0, 255))).toBe(true);
    expect(counter.add(Uint8Array.of(1))).toBe(false);
    expect(counter.add(Uint8Array.of(0, 255))).toBe(false);
  });
});
