import type { PictureSize } from "../../browser.ts";
import { quantise } from "../../data/quantise.ts";

/** Shares of red, green and blue in the brightness of a colour (ITU-R BT.709). */
const BRIGHTNESS = [0.2126, 0.7152, 0.0722] as const;

/**
 * The picture in a file as levels [channels, rows, cols]. One of another size is scaled to cover that size, and its
 * centre is taken. What is transparent becomes black.
 */
export async function pictureOf(file: Blob, size: PictureSize, levels: number): Promise<Uint8Array> {
  const { channels, rows, cols } = size;
  const bitmap = await createImageBitmap(file);
  const canvas = new OffscreenCanvas(cols, rows);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  const scale = Math.max(cols / bitmap.width, rows / bitmap.height);
  const [width, height] = [scale * bitmap.width, scale * bitmap.height];
  context.fillRect(0, 0, cols, rows);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, (cols - width) / 2, (rows - height) / 2, width, height);
  bitmap.close();
  const { data } = context.getImageData(0, 0, cols, rows);
  const pixels = rows * cols;
  const bytes = new Uint8Array(channels * pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const colour = data.subarray(4 * pixel, 4 * pixel + 3);
    const brightness = Math.round(BRIGHTNESS.reduce((sum, share, c) => sum + share * colour[c]!, 0));
    for (let channel = 0; channel < channels; channel++) {
      bytes[channel * pixels + pixel] = channels === 3 ? colour[channel]! : brightness;
    }
  }
  return quantise(bytes, levels);
}

/** The pictures among files that were dropped or chosen. */
export const picturesAmong = (files: FileList | null | undefined): File[] =>
  [...(files ?? [])].filter((file) => file.type.startsWith("image/"));
