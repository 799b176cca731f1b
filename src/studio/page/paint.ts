import { PAST } from "../../pictures/drawing-colours.ts";
import type { PictureSize, Position } from "../../browser.ts";
import { paintPicture } from "./picture.ts";

/** A picture is painted about so large, in pixels of the page. */
const EXTENT = 600;
/** On a screen with more pixels than this for one of the page, it would take longer and look the same. */
const MOST_PIXELS = 2;
/** Pixels of the canvas for one of the page. */
export const density = () => Math.min(devicePixelRatio, MOST_PIXELS);
export const rgb = ([red, green, blue]: readonly number[]) => `rgb(${red} ${green} ${blue})`;

/** Paints the given pixels of a picture of levels [channels, rows, cols]; those to be drawn are empty. */
export function paintGiven(
  canvas: HTMLCanvasElement,
  pixelsOf: HTMLCanvasElement,
  size: PictureSize,
  shown: {
    readonly picture: Uint8Array;
    readonly isGiven: Uint8Array;
    readonly levels: number;
    readonly cursor: Position | undefined;
  },
): void {
  paintPicture(pixelsOf, shown.picture, size, shown);
  const { context, scale } = magnified(canvas, pixelsOf, size);
  hatch(context, shown.isGiven, size, scale);
  if (shown.cursor) ring(context, shown.cursor, scale, "#000");
}

/** Paints a picture of levels [channels, rows, cols] with lines between its pixels, to be drawn on. */
export function paintSheet(
  canvas: HTMLCanvasElement,
  pixelsOf: HTMLCanvasElement,
  size: PictureSize,
  shown: {
    readonly picture: Uint8Array;
    readonly levels: number;
    readonly cursor: Position | undefined;
  },
): void {
  paintPicture(pixelsOf, shown.picture, size, shown);
  const { context, scale } = magnified(canvas, pixelsOf, size);
  paintLines(context, size, scale);
  if (shown.cursor) ring(context, shown.cursor, scale, "#000");
}

/** Clears a canvas and paints a picture on it, with lines where it is empty. */
export function magnified(canvas: HTMLCanvasElement, pixelsOf: HTMLCanvasElement, size: PictureSize) {
  const { context, scale } = enlarged(canvas, size);
  magnify(context, pixelsOf, size, scale);
  return { context, scale };
}

/** Makes a canvas as large as a picture is painted, which empties it if it was not; `scale` is the size of a pixel. */
export function enlarged(canvas: HTMLCanvasElement, size: PictureSize) {
  const scale = Math.max(1, Math.round((EXTENT * density()) / Math.max(size.rows, size.cols)));
  const [width, height] = [size.cols * scale, size.rows * scale];
  const isEmpty = canvas.width !== width || canvas.height !== height;
  if (isEmpty) Object.assign(canvas, { width, height });
  return { context: canvas.getContext("2d")!, scale, isEmpty };
}

/** Clears a canvas of that size, and paints lines and a picture on it. */
export function magnify(
  context: CanvasRenderingContext2D,
  pixelsOf: HTMLCanvasElement,
  size: PictureSize,
  scale: number,
): void {
  const [width, height] = [size.cols * scale, size.rows * scale];
  context.clearRect(0, 0, width, height);
  context.imageSmoothingEnabled = false;
  paintLines(context, size, scale);
  context.drawImage(pixelsOf, 0, 0, width, height);
}

/** Lines between pixels, so that the picture's extent shows before it is drawn. */
function paintLines(context: CanvasRenderingContext2D, { rows, cols }: PictureSize, scale: number): void {
  context.beginPath();
  for (let row = 0; row <= rows; row++) {
    context.moveTo(0, row * scale);
    context.lineTo(cols * scale, row * scale);
  }
  for (let col = 0; col <= cols; col++) {
    context.moveTo(col * scale, 0);
    context.lineTo(col * scale, rows * scale);
  }
  context.lineWidth = density();
  context.strokeStyle = "rgb(128 128 128 / 0.4)";
  context.stroke();
}

/** Marks the pixels that are not given: neither white nor black ones look like that. */
function hatch(
  context: CanvasRenderingContext2D,
  isGiven: Uint8Array,
  { cols }: PictureSize,
  scale: number,
): void {
  context.beginPath();
  isGiven.forEach((given, pixel) => {
    if (given === 1) return;
    const [x, y] = [(pixel % cols) * scale, Math.floor(pixel / cols) * scale];
    context.moveTo(x + 0.3 * scale, y + 0.7 * scale);
    context.lineTo(x + 0.7 * scale, y + 0.3 * scale);
  });
  context.lineWidth = 2 * density();
  context.strokeStyle = "rgb(128 128 128 / 0.8)";
  context.stroke();
}

/** So far does a ring reach beyond its pixel, in pixels of the page. */
export const RING = 7;

/** A ring about a pixel, dark and light, so that it shows on every ground. */
export function ring(
  context: CanvasRenderingContext2D,
  { row, col }: Position,
  scale: number,
  colour: string,
): void {
  for (const [style, width, away] of [
    [colour, 6, 4],
    ["#fff", 3, 1.5],
  ] as const) {
    context.strokeStyle = style;
    context.lineWidth = width * density();
    const margin = away * density();
    context.strokeRect(col * scale - margin, row * scale - margin, scale + 2 * margin, scale + 2 * margin);
  }
}

/** The border of the pixels that are seen. */
export function outlineSeen(
  context: CanvasRenderingContext2D,
  mask: Uint8Array,
  { rows, cols }: PictureSize,
  scale: number,
): void {
  const isSeen = (row: number, col: number) =>
    row >= 0 && col >= 0 && row < rows && col < cols && mask[row * cols + col] === 1;
  const border = new Path2D();
  for (let row = 0; row <= rows; row++)
    for (let col = 0; col <= cols; col++) {
      const here = isSeen(row, col);
      if (here !== isSeen(row - 1, col)) {
        border.moveTo(col * scale, row * scale);
        border.lineTo((col + 1) * scale, row * scale);
      }
      if (here !== isSeen(row, col - 1)) {
        border.moveTo(col * scale, row * scale);
        border.lineTo(col * scale, (row + 1) * scale);
      }
    }
  for (const [style, width] of [
    ["#fff", 7],
    [rgb(PAST), 4],
  ] as const) {
    context.strokeStyle = style;
    context.lineWidth = width * density();
    context.lineCap = "square";
    context.stroke(border);
  }
}
