import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawingAnimation, type Animation } from "../../src/pictures/animation.ts";
import { pictureGrid } from "../../src/pictures/grid.ts";

const RED = [230, 30, 30];
const WHITE = [255, 255, 255];

/** The colour in a frame at the middle of a pixel of a picture, all pictures side by side. */
function colourAt(
  { width, height, data }: Animation,
  frame: number,
  at: { picture: number; row: number; col: number },
  size: { rows: number; cols: number },
): number[] {
  const scale = height / size.rows;
  const x = Math.floor(at.picture * (size.cols * scale + 2) + (at.col + 0.5) * scale);
  const y = Math.floor((at.row + 0.5) * scale);
  const start = ((frame * height + y) * width + x) * 3;
  return [...data.subarray(start, start + 3)];
}

describe("drawingAnimation", () => {
  test("draws a pixel in each frame: those before are tinted, those after white", () => {
    const size = { channels: 1, rows: 2, cols: 3 };
    const pictures = Uint8Array.of(0, 255, 100, 0, 255, 100, 255, 0, 0, 255, 255, 0);
    const animation = drawingAnimation(pictures, 2, size, 2);
    expect(animation.delays).toEqual([100, 100, 100, 100, 100, 100, 2500]);
    for (let frame = 0; frame < 6; frame++)
      for (let picture = 0; picture < 2; picture++)
        for (let pixel = 0; pixel < 6; pixel++) {
          const at = { picture, row: Math.floor(pixel / 3), col: pixel % 3 };
          const [red, green, blue] = colourAt(animation, frame, at, size) as [number, number, number];
          if (pixel > frame) expect([red, green, blue]).toEqual(WHITE);
          if (pixel === frame) expect([red, green, blue]).toEqual(RED);
          if (pixel < frame) {
            expect(blue).toBeGreaterThan(green);
            expect(green).toBeGreaterThan(red);
            // What was drawn is to be seen: a brighter pixel stays brighter.
            const level = pictures[picture * 6 + pixel]!;
            expect(red).toBe(Math.round(0.55 * level + 0.45 * 50));
          }
        }
  });

  const drawn = fc
    .record({
      channels: fc.constantFrom(1, 3),
      rows: fc.integer({ min: 1, max: 20 }),
      cols: fc.integer({ min: 1, max: 20 }),
      count: fc.integer({ min: 1, max: 5 }),
    })
    .chain(({ count, ...size }) => {
      const length = count * size.channels * size.rows * size.cols;
      return fc
        .uint8Array({ minLength: length, maxLength: length })
        .map((levels) => ({ levels, count, size }));
    });

  test("has at most 120 frames, all different, and ends with the pictures as they are", () => {
    fc.assert(
      fc.property(drawn, ({ levels, count, size }) => {
        const { width, height, data, delays } = drawingAnimation(levels, count, size, count);
        const frames = delays.length;
        expect(frames).toBe(
          Math.ceil((size.rows * size.cols) / Math.ceil((size.rows * size.cols) / 120)) + 1,
        );
        expect(data.length).toBe(frames * width * height * 3);
        const scale = height / size.rows;
        const grid = pictureGrid(levels, count, size, { columns: count, scale });
        expect([grid.width, grid.height]).toEqual([width, height]);
        const last = data.subarray((frames - 1) * width * height * 3);
        const wanted =
          grid.channels === 3 ? grid.data : Uint8Array.from(last, (_, i) => grid.data[Math.floor(i / 3)]!);
        expect(Buffer.compare(last, wanted)).toBe(0);
        // The pixel that is drawn last is red in the last frame but one.
        const at = { picture: count - 1, row: size.rows - 1, col: size.cols - 1 };
        expect(colourAt({ width, height, data, delays }, frames - 2, at, size)).toEqual(RED);
      }),
      { seed: 9, numRuns: 10 },
    );
  });

  test("takes fewer frames for large pictures, and refuses what is too large", () => {
    const size = { channels: 1, rows: 1000, cols: 1000 };
    const { delays, data } = drawingAnimation(new Uint8Array(10 ** 6), 1, size);
    expect(data.length).toBeLessThanOrEqual(2 ** 28);
    expect(delays.length).toBeLessThan(120);
    const huge = { channels: 1, rows: 7000, cols: 7000 };
    expect(() => drawingAnimation(new Uint8Array(4.9e7), 1, huge)).toThrow(
      expect.objectContaining({ code: "ARGUMENT" }),
    );
  });
});
