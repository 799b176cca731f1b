import type { PictureSize, Position } from "../../browser.ts";
import { CURRENT } from "../../pictures/drawing-colours.ts";
import { magnified, rgb, ring } from "./paint.ts";

/** Of no weight and of the largest: dark blue to yellow by red, ever brighter. */
const HEAT = [
  [12, 10, 60],
  [120, 28, 109],
  [237, 105, 37],
  [252, 255, 164],
] as const;

/** A colour for a share of the largest weight. */
function heat(share: number): readonly number[] {
  const place = Math.min(Math.max(share, 0), 1) * (HEAT.length - 1);
  const below = Math.min(Math.floor(place), HEAT.length - 2);
  return HEAT[below]!.map((value, c) => value + (place - below) * (HEAT[below + 1]![c]! - value));
}

/** Paints weights, [rows, cols], as a heat map; the pixels that cannot be attended to stay empty. */
export function paintHeat(
  canvas: HTMLCanvasElement,
  pixelsOf: HTMLCanvasElement,
  size: PictureSize,
  shown: { readonly at: Position; readonly weights: Float32Array } | undefined,
): void {
  const { rows, cols } = size;
  Object.assign(pixelsOf, { width: cols, height: rows });
  const context = pixelsOf.getContext("2d")!;
  const image = context.createImageData(cols, rows);
  const before = shown ? shown.at.row * cols + shown.at.col : 0;
  const largest = shown?.weights.reduce((most, one) => Math.max(most, one), 0) ?? 0;
  for (let pixel = 0; pixel < before; pixel++) {
    const colour = heat(shown!.weights[pixel]! / largest);
    for (let c = 0; c < 3; c++) image.data[4 * pixel + c] = Math.round(colour[c]!);
    image.data[4 * pixel + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  const large = magnified(canvas, pixelsOf, size);
  if (shown) ring(large.context, shown.at, large.scale, rgb(CURRENT));
}
