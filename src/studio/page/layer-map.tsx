import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { PictureSize } from "../../browser.ts";
import { isOn } from "../../graph/lattice.ts";
import type { LayerSchedule } from "../../lower/step/layers.ts";
import { CURRENT, PAST } from "../../pictures/drawing-colours.ts";
import { layers, moment } from "./inside-network.ts";
import { progressOf, type Moment } from "./moments.ts";
import { magnified, outlineSeen, ring, rgb } from "./paint.ts";
import { opened } from "./studio.ts";

interface LayerMapProps {
  readonly layer: LayerSchedule;
  /** Whether it is large, and shows what is read. */
  readonly isLarge?: boolean;
}

/** The positions of a layer: blue where it is computed, red where it is computed now. */
export function LayerMap({ layer, isLarge = false }: LayerMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pixels = useRef(document.createElement("canvas"));
  const shown = useRef(layer);
  shown.current = layer;
  const paint = (now: Moment | undefined) => {
    if (!canvas.current || !opened.value || !now) return;
    const { size } = opened.value;
    if (!isLarge) return paintProgress(canvas.current, shown.current, now, size);
    paintProgress(pixels.current, shown.current, now, size);
    const { context, scale } = magnified(canvas.current, pixels.current, size);
    const at = placeOf(shown.current, now, size);
    if (!at) return;
    outlineSeen(context, readBy(shown.current, at, size), size, scale);
    ring(context, at, scale, rgb(CURRENT));
  };
  useSignalEffect(() => paint(moment.value));
  // Another layer is shown in the same place.
  paint(moment.peek());
  return <canvas ref={canvas} aria-hidden="true" />;
}

/** One pixel of the canvas for each of the picture; a position of a smaller field takes several. */
function paintProgress(
  canvas: HTMLCanvasElement,
  layer: LayerSchedule,
  now: Moment,
  size: PictureSize,
): void {
  const { rows, cols } = size;
  if (canvas.width !== cols || canvas.height !== rows) Object.assign(canvas, { width: cols, height: rows });
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(cols, rows);
  const [high, wide] = layer.stride;
  const progressAt = progressOf(layer, layers.value, now, size);
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < cols; col++) {
      const progress = progressAt(row - (row % high), col - (col % wide));
      const colour = progress.now > 0 ? CURRENT : PAST;
      const share = Math.max(progress.now > 0 ? 1 : 0, 0.6 * progress.before);
      const from = 4 * (row * cols + col);
      for (let c = 0; c < 3; c++) image.data[from + c] = colour[c]!;
      image.data[from + 3] = Math.round(255 * share);
    }
  context.putImageData(image, 0, 0);
}

/** A position that is computed now: that of the pixel, or one in the middle of the row or the diagonal. */
function placeOf(layer: LayerSchedule, now: Moment, size: PictureSize) {
  const [high, wide] = layer.stride;
  const found: { row: number; col: number }[] = [];
  const progressAt = progressOf(layer, layers.value, now, size);
  for (let row = 0; row < size.rows; row += high)
    for (let col = 0; col < size.cols; col += wide) {
      if (progressAt(row, col).now > 0) found.push({ row, col });
    }
  const isWhole = layer.order === undefined && now.kind === "training";
  if (!isWhole) return found[Math.floor(found.length / 2)];
  return found[Math.floor((size.rows / high / 2 + 0.5) * (size.cols / wide))];
}

/** 1 for each position that a layer reads to compute one: [rows, cols]. */
function readBy(
  layer: LayerSchedule,
  at: { row: number; col: number },
  { rows, cols }: PictureSize,
): Uint8Array {
  const mask = new Uint8Array(rows * cols);
  if (layer.kind === "attention") mask.fill(1, 0, at.row * cols + at.col);
  for (const read of layer.reads) {
    const [row, col] = [at.row + read.rows, at.col + read.cols];
    if (row < 0 || col < 0 || row >= rows || col >= cols || !isOn(read.at, at.row, at.col)) continue;
    mask[row * cols + col] = 1;
  }
  return mask;
}
