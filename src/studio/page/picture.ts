import type { PictureSize } from "../../browser.ts";

/** The 8-bit value of each of so many levels, as `dequantise` has it. */
export const grey = (level: number, levels: number): number => Math.round((level * 255) / (levels - 1));

/**
 * Paints a picture of levels [channels, rows, cols] onto a canvas of its size; of a picture that is neither grey nor
 * coloured, the first channel. Rows that are not drawn yet, and pixels that are not given, stay empty.
 */
export function paintPicture(
  canvas: HTMLCanvasElement,
  picture: Uint8Array,
  { channels, rows, cols }: PictureSize,
  {
    levels,
    drawnRows = rows,
    isGiven,
  }: { readonly levels: number; readonly drawnRows?: number; readonly isGiven?: Uint8Array },
): void {
  canvas.width = cols;
  canvas.height = rows;
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(cols, rows);
  const plane = channels === 3 ? rows * cols : 0;
  for (let pixel = 0; pixel < drawnRows * cols; pixel++) {
    for (let c = 0; c < 3; c++) image.data[4 * pixel + c] = grey(picture[c * plane + pixel]!, levels);
    image.data[4 * pixel + 3] = isGiven?.[pixel] === 0 ? 0 : 255;
  }
  context.putImageData(image, 0, 0);
}

/** A share as people read it. */
export function percent(share: number): string {
  if (share > 0 && share < 0.001) return "below 0.1 %";
  if (share < 1 && share > 0.999) return "above 99.9 %";
  return `${(100 * share).toFixed(share < 0.1 || (share > 0.99 && share < 1) ? 1 : 0)} %`;
}
