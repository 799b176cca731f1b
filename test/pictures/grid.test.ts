import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pictureGrid } from "../../src/pictures/grid.ts";

function noise(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 157 + 31) % 256);
}

describe("pictureGrid", () => {
  test("puts every pixel of every picture into a square of its own, and grey elsewhere", () => {
    const cases = fc.record({
      count: fc.integer({ min: 1, max: 7 }),
      channels: fc.constantFrom(1, 3),
      rows: fc.integer({ min: 1, max: 4 }),
      cols: fc.integer({ min: 1, max: 4 }),
      columns: fc.integer({ min: 1, max: 9 }),
      scale: fc.integer({ min: 1, max: 3 }),
      gap: fc.nat(3),
    });
    fc.assert(
      fc.property(cases, ({ count, channels, rows, cols, columns, scale, gap }) => {
        const pictures = noise(count * channels * rows * cols);
        const grid = pictureGrid(pictures, count, { channels, rows, cols }, { columns, scale, gap });
        expect(grid.data.length).toBe(grid.width * grid.height * channels);
        for (let y = 0; y < grid.height; y++) {
          for (let x = 0; x < grid.width; x++) {
            // Where a pixel lies, computed the other way round: from the result to the source.
            const [tileY, tileX] = [
              Math.floor(y / (rows * scale + gap)),
              Math.floor(x / (cols * scale + gap)),
            ];
            const [inY, inX] = [y % (rows * scale + gap), x % (cols * scale + gap)];
            const picture = tileY * columns + tileX;
            const inside = picture < count && inY < rows * scale && inX < cols * scale;
            for (let channel = 0; channel < channels; channel++) {
              const row = (picture * channels + channel) * rows + Math.floor(inY / scale);
              const value = inside ? pictures[row * cols + Math.floor(inX / scale)] : 112;
              expect(grid.data[(y * grid.width + x) * channels + channel]).toBe(value);
            }
          }
        }
      }),
      { seed: 4, numRuns: 60 },
    );
  });

  test.each([
    [16, 8, 8, 4 * 64 + 3 * 2, 4 * 64 + 3 * 2],
    [1, 28, 28, 84, 84],
    [5, 32, 32, 3 * 64 + 2 * 2, 2 * 64 + 2],
    [2, 64, 64, 2 * 64 + 2, 64],
    [2, 100, 200, 200, 2 * 100 + 2],
  ])("%d pictures of %d x %d become %d wide and %d high by default", (count, rows, cols, width, height) => {
    const grid = pictureGrid(noise(count * rows * cols), count, { channels: 1, rows, cols });
    expect([grid.width, grid.height]).toEqual([width, height]);
  });

  test.each([
    ["two channels", 4, 1, { channels: 2, rows: 1, cols: 2 }, {}],
    ["too few values", 3, 1, { channels: 1, rows: 2, cols: 2 }, {}],
    ["no picture", 0, 0, { channels: 1, rows: 2, cols: 2 }, {}],
    ["scale 0", 4, 1, { channels: 1, rows: 2, cols: 2 }, { scale: 0 }],
    ["half a gap", 4, 1, { channels: 1, rows: 2, cols: 2 }, { gap: 0.5 }],
    ["no column", 4, 1, { channels: 1, rows: 2, cols: 2 }, { columns: 0 }],
    ["a scale beyond memory", 4, 1, { channels: 1, rows: 2, cols: 2 }, { scale: 1e6 }],
  ])("refuses %s", (_, values, count, size, options) => {
    expect(() => pictureGrid(new Uint8Array(values), count, size, options)).toThrow(
      expect.objectContaining({ code: "ARGUMENT" }),
    );
  });
});
