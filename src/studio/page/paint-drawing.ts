import type { ObservedRow, PictureSize, Position } from "../../browser.ts";
import { CURRENT, PAST, TINT } from "../../pictures/drawing-colours.ts";
import { density, enlarged, magnify, outlineSeen, rgb, ring, RING } from "./paint.ts";
import { grey } from "./picture.ts";

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

/** Share by which pixels are faded that are not seen. */
const FADED = 0.75;

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
