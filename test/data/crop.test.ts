import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cropAt, cropped, cut } from "../../src/data/crop.ts";
import { memoryDataset, pictureLength, subset } from "../../src/data/dataset.ts";

const side = fc.integer({ min: 1, max: 40 });
const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("the place of a crop", () => {
  test("is in the picture, wherever it is asked for", () => {
    fc.assert(
      fc.property(side, side, side, side, share, share, (rows, cols, down, across, y, x) => {
        const picture = { rows: rows + down, cols: cols + across };
        for (const place of [undefined, { down: y, across: x }]) {
          const { top, left } = cropAt(picture, { rows, cols }, place, "a.png");
          expect(top).toBeGreaterThanOrEqual(0);
          expect(top).toBeLessThanOrEqual(down);
          expect(left).toBeGreaterThanOrEqual(0);
          expect(left).toBeLessThanOrEqual(across);
        }
      }),
    );
  });

  test("is every one equally often", () => {
    const tops = Array.from({ length: 400 }, (_, i) => {
      const place = { down: i / 400, across: 0 };
      return cropAt({ rows: 7, cols: 4 }, { rows: 4, cols: 4 }, place, "a.png").top;
    });
    for (const top of [0, 1, 2, 3]) expect(tops.filter((other) => other === top)).toHaveLength(100);
  });

  test("is the centre if it is left out", () => {
    const crop = cropAt({ rows: 10, cols: 7 }, { rows: 4, cols: 4 }, undefined, "a.png");
    expect(crop).toEqual({ top: 3, left: 1, rows: 4, cols: 4 });
  });

  test("is refused in a picture that is smaller, with its name", () => {
    const tooSmall = () => cropAt({ rows: 9, cols: 3 }, { rows: 4, cols: 4 }, undefined, "a.png");
    expect(tooSmall).toThrow(
      'expected at least 4x4 pixels, the size of the crops, for a.png, received "3x9"',
    );
  });
});

const size = { channels: 2, rows: 3, cols: 4 };
const length = pictureLength(size);
const dataset = memoryDataset({
  name: "numbers",
  size,
  levels: 256,
  pixels: Uint8Array.from({ length: 3 * length }, (_, i) => i),
  labels: [0, 1, 1],
});

test("a part of a picture is taken from all its channels", () => {
  const levels = Uint8Array.from({ length }, (_, i) => i);
  expect(cut(levels, size, { top: 1, left: 2, rows: 2, cols: 2 })).toEqual(
    Uint8Array.of(6, 7, 10, 11, 18, 19, 22, 23),
  );
});

describe("crops of a data set", () => {
  test("lie where they are asked for, else in the centre, and keep their labels", async () => {
    const crops = cropped(dataset, { rows: 1, cols: 2 });
    expect(crops).toMatchObject({
      count: 3,
      size: { channels: 2, rows: 1, cols: 2 },
      labels: dataset.labels,
    });
    expect(await crops.read([0])).toEqual(Uint8Array.of(5, 6, 17, 18));
    const places = [
      { down: 0.99, across: 0.99 },
      { down: 0, across: 0 },
    ];
    const corners = Uint8Array.of(24 + 10, 24 + 11, 24 + 22, 24 + 23, 0, 1, 12, 13);
    expect(await crops.read([1, 0], places)).toEqual(corners);
    expect(await subset(crops, [2, 1, 0]).read([1, 2], places)).toEqual(corners);
  });

  test("are the data set itself if they are as large as its pictures, or there are none", () => {
    expect(cropped(dataset, { rows: 3, cols: 4 })).toBe(dataset);
    expect(cropped(dataset, undefined)).toBe(dataset);
  });

  test.each([
    { rows: 4, cols: 4 },
    { rows: 0, cols: 1 },
    { rows: 1, cols: 1.5 },
  ])("are refused if they cannot be: %o", (extent) => {
    expect(() => cropped(dataset, extent)).toThrow(expect.objectContaining({ code: "ARGUMENT" }));
  });
});
