import { pictureLength, type PictureSize } from "../data/dataset.ts";
import type { GivenPixels } from "../runtime/step/draw.ts";

/** Which codes are given: those all of whose pixels are, [rows, cols] of the map. */
export function codesGiven(
  isGiven: Uint8Array,
  { rows, cols }: Pick<PictureSize, "rows" | "cols">,
  downsampling: number,
): Uint8Array {
  const across = cols / downsampling;
  const codes = new Uint8Array((rows / downsampling) * across).fill(1);
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < cols; col++)
      if (!isGiven[row * cols + col])
        codes[Math.floor(row / downsampling) * across + Math.floor(col / downsampling)] = 0;
  return codes;
}

/**
 * Pictures, levels [count, channels, rows, cols], in which each pixel that is not given has the levels of the nearest
 * one that is, along rows and columns. So an encoder sees no edge where the given pixels end, and nothing of what is
 * missing. At least one pixel has to be given.
 */
export function filledFromNearest(
  { levels, isGiven }: GivenPixels,
  size: Pick<PictureSize, "channels" | "rows" | "cols">,
): Uint8Array {
  const { rows, cols } = size;
  const nearest = nearestGiven(isGiven, rows, cols);
  const pixels = rows * cols;
  const filled = new Uint8Array(levels.length);
  for (let map = 0; map < levels.length; map += pixels)
    for (let pixel = 0; pixel < pixels; pixel++) filled[map + pixel] = levels[map + nearest[pixel]!]!;
  return filled;
}

/** The nearest given pixel of each pixel: found from all given ones at once, a step further each time. */
function nearestGiven(isGiven: Uint8Array, rows: number, cols: number): Int32Array {
  const nearest = new Int32Array(rows * cols).fill(-1);
  const reached: number[] = [];
  isGiven.forEach((given, pixel) => {
    if (!given) return;
    nearest[pixel] = pixel;
    reached.push(pixel);
  });
  for (const pixel of reached) {
    const [row, col] = [Math.floor(pixel / cols), pixel % cols];
    const next = [
      ...(row > 0 ? [pixel - cols] : []),
      ...(col > 0 ? [pixel - 1] : []),
      ...(col < cols - 1 ? [pixel + 1] : []),
      ...(row < rows - 1 ? [pixel + cols] : []),
    ];
    for (const other of next) {
      if (nearest[other]! >= 0) continue;
      nearest[other] = nearest[pixel]!;
      reached.push(other);
    }
  }
  return nearest;
}

/** Puts the given pixels back into rows of pictures, in place: levels [channels, rows, cols] of rows from `top` on. */
export function keepGiven(
  band: Uint8Array,
  { levels, isGiven }: GivenPixels,
  picture: number,
  size: PictureSize,
  top: number,
): void {
  const { channels, rows, cols } = size;
  const length = band.length / channels;
  for (let channel = 0; channel < channels; channel++)
    for (let i = 0; i < length; i++)
      if (isGiven[top * cols + i])
        band[channel * length + i] =
          levels[picture * pictureLength(size) + (channel * rows + top) * cols + i]!;
}
