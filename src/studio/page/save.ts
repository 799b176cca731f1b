import { dequantise } from "../../data/quantise.ts";
import { drawingAnimation } from "../../pictures/animation.ts";
import { encodeGif } from "../../pictures/gif.ts";
import { pictureGrid } from "../../pictures/grid.ts";
import type { PictureSize } from "../../browser.ts";

/** Pictures to save: levels [count, channels, rows, cols]. */
interface Pictures {
  readonly pictures: Uint8Array;
  readonly count: number;
  readonly size: PictureSize;
  readonly levels: number;
}

/** Offers pictures as one PNG file, laid out as `nextpixel sample` does it. */
export async function savePng(name: string, drawn: Pictures, columns: number): Promise<void> {
  const { pictures, count, size, levels } = drawn;
  const grid = pictureGrid(dequantise(pictures, levels), count, size, { columns });
  const canvas = new OffscreenCanvas(grid.width, grid.height);
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(grid.width, grid.height);
  for (let pixel = 0; pixel < grid.width * grid.height; pixel++) {
    for (let c = 0; c < 3; c++) {
      image.data[4 * pixel + c] = grid.data[pixel * grid.channels + (c % grid.channels)]!;
    }
    image.data[4 * pixel + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  offer(await canvas.convertToBlob({ type: "image/png" }), name);
}

/** Offers a GIF file of how pictures were drawn, as `nextpixel sample --animate` writes it. */
export function saveGif(name: string, { pictures, count, size, levels }: Pictures): void {
  const gif = encodeGif(drawingAnimation(dequantise(pictures, levels), count, size));
  offer(new Blob([gif.slice()], { type: "image/gif" }), name);
}

function offer(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
