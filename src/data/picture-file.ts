import type { Sharp, SharpOptions } from "sharp";
import { NextpixelError } from "../basics/errors.ts";
import type { Crop } from "./crop.ts";
import type { Extent, PictureSize } from "./dataset.ts";

/** Largest picture file, in pixels: what a small file could otherwise unfold to is without bound. */
const MAX_PIXELS = 100_000_000;
const FORMATS: readonly string[] = ["png", "jpeg", "webp"];
const INPUT: SharpOptions = { limitInputPixels: MAX_PIXELS, failOn: "warning" };

/** What the header of a picture file says of it. */
export interface PictureHeader {
  readonly rows: number;
  readonly cols: number;
  readonly grey: boolean;
}

/** Reads the header of a PNG, JPEG or WebP file. Throws an Error that does not name the file. */
export async function readHeader(file: string): Promise<PictureHeader> {
  const { format, space, autoOrient } = await (await open(file)).metadata();
  if (!FORMATS.includes(format)) throw new Error(`expected PNG, JPEG or WebP, received ${format}`);
  return { rows: autoOrient.height, cols: autoOrient.width, grey: space === "b-w" || space === "grey16" };
}

/**
 * The pixels of a picture file as 8-bit values, [rows, cols, channels] with one (grey) or three (sRGB) channels;
 * what is transparent shows white. A picture of another size is scaled until it covers `size`, and what juts out
 * on both sides is cut off. With a crop, only this part of the result. Throws an Error that does not name the file.
 */
export async function readPixels(file: string, size: PictureSize, crop?: Crop): Promise<Uint8Array> {
  const { channels } = size;
  const whole = (await open(file))
    .autoOrient()
    .flatten({ background: "white" })
    .resize({ width: size.cols, height: size.rows, fit: "cover" });
  const { rows, cols } = crop ?? size;
  const picture = crop ? whole.extract({ left: crop.left, top: crop.top, width: cols, height: rows }) : whole;
  const coloured = channels === 1 ? picture.grayscale() : picture.toColourspace("srgb");
  const pixels = await coloured.raw({ depth: "uchar" }).toBuffer();
  const length = rows * cols * channels;
  if (pixels.length !== length) throw new Error(`expected ${length} sub-pixels, received ${pixels.length}`);
  return pixels;
}

/** Grey values of sRGB pixels, [rows, cols, 3] to [rows, cols], as `readPixels` makes them of a coloured picture. */
export async function greyPixels(
  rgb: Uint8Array,
  { rows, cols }: Extent,
): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const raw = { width: cols, height: rows, channels: 3 } as const;
  return sharp(rgb, { raw, limitInputPixels: false }).grayscale().raw({ depth: "uchar" }).toBuffer();
}

/** The FORMAT error of a file that one of the above threw `cause` on, with what to do about it. */
export function decodingError(file: string, cause: unknown, hint = ""): NextpixelError {
  const reason = String(cause instanceof Error ? cause.message : cause).split("\n", 1)[0];
  return new NextpixelError("FORMAT", `${file}: cannot decode this picture (${reason})${hint}`, { cause });
}

async function open(file: string): Promise<Sharp> {
  // Loaded when first needed: it costs every start of a program that reads no picture files.
  const { default: sharp } = await import("sharp");
  return sharp(file, INPUT);
}
