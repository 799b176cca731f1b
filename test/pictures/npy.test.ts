import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeNpy } from "../../src/pictures/npy.ts";

/** Reads a .npy file of floats by the format's documentation, without any of the code under test. */
function parse(bytes: Uint8Array): { shape: number[]; values: number[] } {
  const buffer = Buffer.from(bytes);
  expect(buffer.toString("latin1", 0, 8)).toBe("\x93NUMPY\x01\x00");
  const start = 10 + buffer.readUInt16LE(8);
  expect(start % 64).toBe(0);
  const header = buffer.toString("ascii", 10, start);
  const match = /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(([^)]*)\), \} *\n$/.exec(header);
  const tuple = match![1]!;
  // In Python, (3) is a number, and only (3,) is a tuple.
  expect(tuple).toMatch(/^$|^\d+,$|^\d+(, \d+)+$/);
  const shape = tuple
    .split(",")
    .filter((text) => text !== "")
    .map(Number);
  const values: number[] = [];
  for (let at = start; at < buffer.length; at += 4) values.push(buffer.readFloatLE(at));
  return { shape, values };
}

describe("encodeNpy", () => {
  test("keeps shape and values", () => {
    const shapes = fc.array(fc.nat(5), { maxLength: 4 });
    fc.assert(
      fc.property(shapes, fc.integer(), (shape, first) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const data = Float32Array.from({ length: size }, (_, i) => first / 7 + i);
        expect(parse(encodeNpy(data, shape))).toEqual({ shape, values: [...data] });
      }),
      { seed: 6 },
    );
  });

  test("writes the view, not the buffer under it", () => {
    const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    expect(parse(encodeNpy(data, [2])).values).toEqual([2, 3]);
  });

  test("pads a long header to a multiple of 64, too", () => {
    const shape = Array.from({ length: 32 }, () => 1);
    expect(parse(encodeNpy(Float32Array.of(5), shape))).toEqual({ shape, values: [5] });
  });

  test.each([
    ["too few values", [3], 2],
    ["a negative extent", [-1, -2], 2],
    ["a fraction", [0.5, 4], 2],
    ["more dimensions than NumPy takes", Array.from({ length: 33 }, () => 1), 1],
  ])("refuses %s", (_, shape, size) => {
    expect(() => encodeNpy(new Float32Array(size), shape)).toThrow(
      expect.objectContaining({ code: "ARGUMENT" }),
    );
  });
});
