import { expected, wholeNumber } from "../basics/errors.ts";
import type { PictureSize } from "../data/dataset.ts";
import { CURRENT, PAST, TINT } from "./drawing-colours.ts";
import { pictureGrid, squareColumns } from "./grid.ts";

/** Pictures that follow one another, all of one size. */
export interface Animation {
  readonly width: number;
  /** Of each frame. */
  readonly height: number;
  /** Red, green and blue, 8 bits each: [frames, height, width, 3]. */
  readonly data: Uint8Array;
  /** How long each frame is shown, in milliseconds. */
  readonly delays: readonly number[];
}

/** Frames of pictures that are not finished, at most: more would show no more. */
const MOST_FRAMES = 120;
/** Frames narrower than this, in pixels, are magnified: single pixels are what there is to see. */
const VISIBLE_WIDTH = 480;
/** Bound on the bytes of all frames together. */
const MAX_BYTES = 2 ** 28;

/** Drawing takes some six seconds; each frame is shown for tens of milliseconds, as GIF files have it. */
const DRAWING_MS = 6000;
const LARGEST_DELAY = 100;
/** How long the finished pictures are shown. */
const FINISHED_MS = 2500;

const FUTURE = 255;

/**
 * How pictures [count, channels, rows, cols] of 8 bits were drawn, all of them at once, pixel by pixel: pixels that are
 * drawn are tinted blue, the one that is drawn last is red, and those to come are white. At the end the pictures are
 * shown as they are. They are laid out as by `pictureGrid`, in so many columns or about as many as rows, and magnified.
 * Several pixels are drawn in a frame if there are many.
 *
 * @throws ARGUMENT as of `pictureGrid`, and if the pictures are too large or too many.
 */
export function drawingAnimation(
  pictures: Uint8Array,
  count: number,
  size: PictureSize,
  columns: number = squareColumns(count, size),
): Animation {
  const pixels = wholeNumber(size.rows * size.cols, "pixels of a picture", 1);
  const scale = Math.ceil(VISIBLE_WIDTH / (Math.min(columns, count) * size.cols));
  const inColour = { ...size, channels: 3 };
  const gridOf = (colours: Uint8Array) => pictureGrid(colours, count, inColour, { columns, scale });
  const whole = inThreeChannels(pictures, count, size);
  const finished = gridOf(whole);
  const bytes = finished.data.length;
  const room = Math.floor(MAX_BYTES / bytes) - 1;
  if (room < 1) throw expected("ARGUMENT", `at most ${MAX_BYTES} bytes`, "an animation", 2 * bytes);
  const perFrame = Math.ceil(pixels / Math.min(room, MOST_FRAMES));
  const frames = Math.ceil(pixels / perFrame);

  const data = new Uint8Array((frames + 1) * bytes);
  const tinted = whole.map((level, i) => {
    return Math.round((1 - TINT) * level + TINT * PAST[Math.floor(i / pixels) % 3]!);
  });
  const shown = new Uint8Array(whole.length).fill(FUTURE);
  let drawn = 0;
  for (let frame = 0; frame < frames; frame++) {
    const current = Math.min((frame + 1) * perFrame, pixels) - 1;
    for (let plane = 0; plane < count * 3; plane++) {
      const start = plane * pixels;
      shown.set(tinted.subarray(start + drawn, start + current), start + drawn);
      shown[start + current] = CURRENT[plane % 3]!;
    }
    drawn = current;
    data.set(gridOf(shown).data, frame * bytes);
  }
  data.set(finished.data, frames * bytes);
  const delay = Math.min(10 * Math.round(DRAWING_MS / frames / 10), LARGEST_DELAY);
  const { width, height } = finished;
  return { width, height, data, delays: [...Array.from({ length: frames }, () => delay), FINISHED_MS] };
}

/** Pictures [count, 1 or 3, rows, cols] with three channels, grey ones with the same in each. */
function inThreeChannels(pictures: Uint8Array, count: number, size: PictureSize): Uint8Array {
  if (size.channels === 3) return pictures;
  const pixels = size.rows * size.cols;
  const colours = new Uint8Array(3 * pictures.length);
  for (let plane = 0; plane < 3 * count; plane++) {
    const picture = Math.floor(plane / 3);
    colours.set(pictures.subarray(picture * pixels, (picture + 1) * pixels), plane * pixels);
  }
  return colours;
}
