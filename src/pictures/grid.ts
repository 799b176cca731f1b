import { expected, wholeNumber } from "../basics/errors.ts";
import type { PictureSize } from "../data/dataset.ts";

/** A picture as files and screens want it: rows of pixels, the channels of a pixel side by side, 8 bits each. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** A picture narrower than this, in pixels, is magnified. */
const VISIBLE_WIDTH = 64;
/** Between pictures: neither black nor white, which pictures often are up to their edges. */
const GAP_GREY = 112;
const MAX_BYTES = 2 ** 30;

/**
 * Lays out pictures [count, channels, rows, cols] of 8 bits side by side, in reading order. `scale` magnifies by a
 * whole number, so that every pixel stays a sharp square; `gap` is in pixels of the result. By default small
 * pictures become at least 64 pixels wide, and the whole about as high as wide. @throws ARGUMENT
 */
export function pictureGrid(
  pictures: Uint8Array,
  count: number,
  size: PictureSize,
  options: { columns?: number; scale?: number; gap?: number } = {},
): Raster {
  const { rows, cols } = size;
  const channels = oneOrThree(size.channels);
  wholeNumber(count, "number of pictures", 1);
  wholeNumber(rows, "rows", 1);
  wholeNumber(cols, "cols", 1);
  const values = count * channels * rows * cols;
  if (pictures.length !== values) throw expected("ARGUMENT", `${values} values`, "pictures", pictures.length);

  const columns = wholeNumber(options.columns ?? squareColumns(count, size), "columns", 1);
  const scale = wholeNumber(options.scale ?? Math.ceil(VISIBLE_WIDTH / cols), "scale", 1);
  const gap = wholeNumber(options.gap ?? 2, "gap", 0);
  const width = extent(Math.min(columns, count), cols * scale, gap);
  const height = extent(Math.ceil(count / columns), rows * scale, gap);
  const bytes = width * height * channels;
  if (bytes > MAX_BYTES) throw expected("ARGUMENT", `at most ${MAX_BYTES} bytes`, "grid of pictures", bytes);

  const data = new Uint8Array(bytes).fill(GAP_GREY);
  for (let picture = 0; picture < count; picture++) {
    const top = Math.floor(picture / columns) * (rows * scale + gap);
    const left = (picture % columns) * (cols * scale + gap);
    for (let channel = 0; channel < channels; channel++) {
      const plane = (picture * channels + channel) * rows * cols;
      for (let y = 0; y < rows * scale; y++) {
        const source = plane + Math.floor(y / scale) * cols;
        const target = ((top + y) * width + left) * channels + channel;
        for (let x = 0; x < cols * scale; x++) {
          data[target + x * channels] = pictures[source + Math.floor(x / scale)]!;
        }
      }
    }
  }
  return { width, height, channels, data };
}

function oneOrThree(channels: number): 1 | 3 {
  if (channels === 1 || channels === 3) return channels;
  throw expected("ARGUMENT", "1 or 3", "channels of a picture", channels);
}

/** How many columns make a grid of pictures about as high as wide. */
export function squareColumns(count: number, { rows, cols }: PictureSize): number {
  return Math.min(count, Math.ceil(Math.sqrt((count * rows) / cols)));
}

function extent(pictures: number, size: number, gap: number): number {
  return pictures * size + (pictures - 1) * gap;
}
