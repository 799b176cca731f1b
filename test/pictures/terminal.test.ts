import { describe, expect, test } from "vitest";
import type { Raster } from "../../src/pictures/grid.ts";
import { halfBlocks } from "../../src/pictures/terminal.ts";

const square: Raster = {
  width: 2,
  height: 2,
  channels: 3,
  data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255),
};

function grey(width: number, height: number, values: readonly number[]): Raster {
  return { width, height, channels: 1, data: Uint8Array.from(values) };
}

describe("halfBlocks", () => {
  test("with colour, two rows are one line of half blocks", () => {
    expect(halfBlocks(square, { color: true, maxColumns: 80 })).toBe(
      "\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[38;2;0;255;0;48;2;255;255;255m▀\x1b[0m",
    );
  });

  test("a last row alone leaves the background as it is", () => {
    expect(halfBlocks(grey(1, 3, [1, 2, 3]), { color: true, maxColumns: 80 })).toBe(
      "\x1b[38;2;1;1;1;48;2;2;2;2m▀\x1b[0m\n\x1b[38;2;3;3;3;49m▀\x1b[0m",
    );
  });

  test("equal neighbours share one style, which every line sets anew", () => {
    const style = "\x1b[38;2;9;9;9;48;2;9;9;9m";
    expect(halfBlocks(grey(2, 4, Array(8).fill(9)), { color: true, maxColumns: 80 })).toBe(
      `${style}▀▀\x1b[0m\n${style}▀▀\x1b[0m`,
    );
  });

  test("without colour, brighter is denser and there are no escapes", () => {
    expect(halfBlocks(grey(3, 2, [0, 128, 255, 25, 26, 230]), { color: false, maxColumns: 80 })).toBe(
      "  ++@@\n  ..%%",
    );
    expect(halfBlocks(square, { color: false, maxColumns: 80 })).toBe("::++\n..@@");
  });

  test("a wide picture is reduced to the mean of squares, the last of which may be cut", () => {
    const wide = grey(5, 3, [10, 20, 1, 1, 8, 30, 40, 1, 1, 8, 50, 70, 2, 2, 9]);
    const small = halfBlocks(grey(3, 2, [25, 1, 8, 60, 2, 9]), { color: true, maxColumns: 3 });
    expect(halfBlocks(wide, { color: true, maxColumns: 3 })).toBe(small);
    expect(halfBlocks(wide, { color: true, maxColumns: 4 })).toBe(small);
  });

  test("no line is wider than it may be", () => {
    for (const maxColumns of [2, 3, 7, 10, 11, 40]) {
      const lines = halfBlocks(grey(11, 4, Array(44).fill(200)), { color: false, maxColumns }).split("\n");
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(maxColumns);
    }
  });

  test("no columns at all are refused", () => {
    expect(() => halfBlocks(square, { color: true, maxColumns: 0 })).toThrow(
      expect.objectContaining({ code: "ARGUMENT" }),
    );
  });
});
