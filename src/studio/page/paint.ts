import { CURRENT, PAST, TINT } from "../../pictures/drawing-colours.ts";
import type { ObservedRow, PictureSize, Position } from "../../browser.ts";
import { grey, paintPicture } from "./picture.ts";

/** What is shown of a picture that is being drawn. */
export interface Shown {
  readonly size: PictureSize;
  readonly levels: number;
  readonly rows: readonly ObservedRow[];
  /** Pixels that are drawn; the next one is the current one. */
  readonly drawn: number;
  readonly pointed: Position | undefined;
  /** The pixels that the one explained depends on. */
  readonly seen: { readonly at: Position; readonly mask: Uint8Array } | undefined;
}

/** A picture is painted about so large, in pixels of the page. */
const EXTENT = 600;
/** On a screen with more pixels than this for one of the page, it would take longer and look the same. */
const MOST_PIXELS = 2;
/** Pixels of the canvas for one of the page. */
const density = () => Math.min(devicePixelRatio, MOST_PIXELS);
/** So far does a ring reach beyond its pixel, in pixels of the page. */
const RING = 7;
/** Share by which pixels are faded that are not seen. */
const FADED = 0.75;

export const rgb = ([red, green, blue]: readonly number[]) => `rgb(${red} ${green} ${blue})`;

/**
 * Paints a picture: past pixels blue-tinted, the current one red with a ring, future ones empty. Of what both canvases
 * show of it already (`before`), only the rows that have changed are painted again.
 */
export function paintDrawing(
  canvas: HTMLCanvasElement,
  pixelsOf: HTMLCanvasElement,
  shown: Shown,
  before?: Shown,
): void {
  const { size, drawn, pointed, seen } = shown;
  const { context, scale, isEmpty } = enlarged(canvas, size);
  const changed = changedRows(shown, isEmpty ? undefined : before);
  paintPast(pixelsOf, shown, changed);
  const margin = Math.ceil(RING * density());
  context.save();
  context.beginPath();
  context.rect(
    0,
    changed.first * scale - margin,
    canvas.width,
    (changed.end - changed.first) * scale + 2 * margin,
  );
  context.clip();
  magnify(context, pixelsOf, size, scale);
  if (drawn < size.rows * size.cols) {
    const at = { row: Math.floor(drawn / size.cols), col: drawn % size.cols };
    context.fillStyle = rgb(CURRENT);
    context.fillRect(at.col * scale, at.row * scale, scale, scale);
    ring(context, at, scale, rgb(CURRENT));
  }
  if (seen) outlineSeen(context, seen.mask, size, scale);
  if (pointed) ring(context, pointed, scale, "#000");
  context.restore();
}

interface Rows {
  readonly first: number;
  readonly end: number;
}

/** The rows whose pixels do not look as before: those drawn or taken back, with those of both current pixels. */
function changedRows(shown: Shown, before: Shown | undefined): Rows {
  const { rows, cols } = shown.size;
  const isAlike =
    before?.size === shown.size &&
    before.levels === shown.levels &&
    // Of another picture, the rows are others.
    before.rows[0] === shown.rows[0] &&
    before.pointed === shown.pointed &&
    before.seen === shown.seen &&
    tintOf(before) === tintOf(shown);
  if (!isAlike) return { first: 0, end: rows };
  const row = (drawn: number) => Math.min(Math.floor(drawn / cols), rows - 1);
  return {
    first: row(Math.min(before.drawn, shown.drawn)),
    end: row(Math.max(before.drawn, shown.drawn)) + 1,
  };
}

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
function enlarged(canvas: HTMLCanvasElement, size: PictureSize) {
  const scale = Math.max(1, Math.round((EXTENT * density()) / Math.max(size.rows, size.cols)));
  const [width, height] = [size.cols * scale, size.rows * scale];
  const isEmpty = canvas.width !== width || canvas.height !== height;
  if (isEmpty) Object.assign(canvas, { width, height });
  return { context: canvas.getContext("2d")!, scale, isEmpty };
}

function magnify(
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

/** The drawn pixels of some rows, one pixel of the canvas for each. */
function paintPast(canvas: HTMLCanvasElement, shown: Shown, { first, end }: Rows): void {
  const { size, levels, rows: observed, drawn, seen } = shown;
  const { channels, rows, cols } = size;
  if (canvas.width !== cols || canvas.height !== rows) Object.assign(canvas, { width: cols, height: rows });
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(cols, end - first);
  const tint = tintOf(shown);
  for (let pixel = first * cols; pixel < Math.min(drawn, end * cols); pixel++) {
    const place = 4 * (pixel - first * cols);
    const ofRow = observed[Math.floor(pixel / cols)]!.levels;
    for (let c = 0; c < 3; c++) {
      const channel = channels === 3 ? c : 0;
      const value = grey(ofRow[channel * cols + (pixel % cols)]!, levels);
      image.data[place + c] = Math.round((1 - tint) * value + tint * PAST[c]!);
    }
    const isFaded = seen && seen.mask[pixel] === 0 && pixel !== seen.at.row * cols + seen.at.col;
    image.data[place + 3] = isFaded ? 255 * (1 - FADED) : 255;
  }
  context.putImageData(image, 0, first);
}

/** The finished picture has its own colours. */
const tintOf = ({ size, drawn }: Shown): number => (drawn < size.rows * size.cols ? TINT : 0);

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
