import { extname } from "node:path";
import sharp from "sharp";
import { dequantise } from "../data/quantise.ts";
import { writeAtomically } from "../files/atomic-write.ts";
import { drawingAnimation } from "../pictures/animation.ts";
import type { PicturesToWrite } from "./sample-files.ts";

/** How names of files with animations end. */
export const ANIMATION_ENDINGS = [".webp", ".gif"] as const;

/**
 * Writes how pictures were drawn, pixel by pixel (see `drawingAnimation`), to a WebP or, if the name ends so, GIF file.
 *
 * @throws ARGUMENT if they are too large or too many, WRITE.
 */
export async function writeAnimation(file: string, drawn: PicturesToWrite): Promise<void> {
  const { pictures, count, size, levels, columns } = drawn;
  const { width, height, data, delays } = drawingAnimation(
    dequantise(pictures, levels),
    count,
    size,
    columns,
  );
  const raw = { width, height: height * delays.length, channels: 3, pageHeight: height } as const;
  const frames = sharp(data, { raw, limitInputPixels: false });
  const options = { loop: 0, delay: [...delays] };
  const isGif = extname(file).toLowerCase() === ".gif";
  const encoded = isGif ? frames.gif(options) : frames.webp({ ...options, lossless: true });
  await writeAtomically(file, await encoded.toBuffer());
}
