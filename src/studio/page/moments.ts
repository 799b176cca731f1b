import type { PictureSize } from "../../browser.ts";
import type { LayerSchedule } from "../../lower/step/layers.ts";

// In which order the layers of a network are computed: while a picture is drawn, pixel by pixel, and in training, where
// the whole picture is known, layer by layer.

/** When something is computed. */
export type Moment =
  /** While drawing: at a time (an index of `StepProgram.instructions`) of a pixel; those of rows at column 0. */
  | { readonly kind: "drawing"; readonly time: number; readonly row: number; readonly col: number }
  /** In training: a layer, the positions of one front at once, or all of them if it has none. */
  | { readonly kind: "training"; readonly layer: string; readonly front: number };

const ROW = 0;
const rowEnd = (channels: number) => channels + 2;

/** The moments of drawing a picture: each draw, and whatever else the layers are computed at. */
export function momentsOfDrawing(layers: readonly LayerSchedule[], size: PictureSize): Moment[] {
  const { channels, rows, cols } = size;
  const used = new Set(layers.flatMap(({ times }) => times.map(({ time }) => time)));
  const ofPixel = Array.from({ length: channels + 1 }, (_, i) => 1 + i);
  const moments: Moment[] = [];
  for (let row = 0; row < rows; row++) {
    if (used.has(ROW)) moments.push({ kind: "drawing", time: ROW, row, col: 0 });
    for (let col = 0; col < cols; col++)
      for (const time of ofPixel)
        if (time <= channels || used.has(time)) moments.push({ kind: "drawing", time, row, col });
    const end = rowEnd(channels);
    if (used.has(end)) moments.push({ kind: "drawing", time: end, row, col: 0 });
  }
  return moments;
}

/** The moments of computing the whole network for a picture that is known: its layers one after the other. */
export const momentsOfTraining = (layers: readonly LayerSchedule[], size: PictureSize): Moment[] =>
  layers.flatMap((layer) =>
    Array.from({ length: frontsOf(layer, size) }, (_, front): Moment => {
      return { kind: "training", layer: layer.name, front };
    }),
  );

/** In how many steps a layer is computed if the picture is known. */
function frontsOf({ order }: LayerSchedule, { rows, cols }: PictureSize): number {
  return order ? rows + Math.abs(order.cols) * (cols - 1) : 1;
}

/** In which of these steps a position is computed. */
function frontOf({ order }: LayerSchedule, { rows, cols }: PictureSize, row: number, col: number): number {
  if (!order) return 0;
  const down = order.rows > 0 ? row : rows - 1 - row;
  return down + (order.cols === 0 ? 0 : order.cols > 0 ? col : cols - 1 - col);
}

/** How much of a layer is computed at a position: shares of its channels. */
export interface Progress {
  readonly before: number;
  readonly now: number;
}

/**
 * How much of a layer is computed at each position of the picture. In training, `layers` says in which order; layers
 * come after those that they read.
 */
export function progressOf(
  layer: LayerSchedule,
  layers: readonly LayerSchedule[],
  moment: Moment,
  size: PictureSize,
): (row: number, col: number) => Progress {
  if (moment.kind === "training") {
    const later = layers.indexOf(layer) - layers.findIndex(({ name }) => name === moment.layer);
    if (later !== 0) return () => ({ before: later < 0 ? 1 : 0, now: 0 });
    return (row, col) => {
      const front = frontOf(layer, size, row, col);
      return { before: front < moment.front ? 1 : 0, now: front === moment.front ? 1 : 0 };
    };
  }
  const current = orderOf(moment.time, moment.row, moment.col, size);
  return (row, col) => {
    let [before, now] = [0, 0];
    for (const { time, channels } of layer.times) {
      const order = orderOf(time, row, col, size);
      if (order < current) before += channels / layer.channels;
      else if (order === current) now += channels / layer.channels;
    }
    return { before, now };
  };
}

/** A number that grows from moment to moment of drawing. */
function orderOf(time: number, row: number, col: number, { channels, cols }: PictureSize): number {
  const ofRow = cols * (channels + 1) + 2;
  if (time === ROW) return row * ofRow;
  if (time === rowEnd(channels)) return (row + 1) * ofRow - 1;
  return row * ofRow + col * (channels + 1) + time;
}

/** When a layer is computed, as people say it. */
export function timeText(time: number, channels: number): string {
  if (time === ROW) return "before the row is begun, for all its columns";
  if (time === rowEnd(channels)) return "when the row is finished, for all its columns";
  if (time === channels + 1) return "when the pixel is known";
  if (channels === 1) return "before the pixel is drawn";
  return `before ${colourOf(time - 1, channels)} is drawn`;
}

/** The colour of a channel, as people call it. */
export const colourOf = (channel: number, channels: number): string =>
  channels === 3 ? ["red", "green", "blue"][channel]! : `channel ${channel}`;
