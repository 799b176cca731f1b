import { expected, wholeNumber } from "../basics/errors.ts";

/** `count` if a sub-pixel can have that many levels (2 to 256); otherwise an ARGUMENT error. */
export function checkLevels(count: number): number {
  return wholeNumber(count, "levels", 2, 256);
}

/**
 * Levels 0 .. levels-1 of 8-bit values: the nearest, `round(v * (levels-1) / 255)`.
 *
 * @throws ARGUMENT on bad `levels`.
 */
export function quantise(bytes: Uint8Array, levels: number): Uint8Array {
  const top = checkLevels(levels) - 1;
  const table = Uint8Array.from({ length: 256 }, (_, value) => Math.round((value * top) / 255));
  return bytes.map((value) => table[value]!);
}

/**
 * 8-bit values of levels out of `count`, spread evenly over 0 .. 255; `quantise` undoes it exactly.
 *
 * @throws ARGUMENT on a bad `count` and on a level that is not below it.
 */
export function dequantise(levels: Uint8Array, count: number): Uint8Array {
  const top = checkLevels(count) - 1;
  const table = Uint8Array.from({ length: 256 }, (_, level) => Math.round((level * 255) / top));
  return levels.map((level) => {
    if (level > top) throw expected("ARGUMENT", `a level from 0 to ${top}`, "dequantise", level);
    return table[level]!;
  });
}
