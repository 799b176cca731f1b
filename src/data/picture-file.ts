import type { Sharp } from "sharp";
import { NextpixelError, shortened } from "../basics/errors.ts";
import type { Crop } from "./crop.ts";
import type { Extent, PictureSize } from "./dataset.ts";

/** Largest picture, in pixels. Without a limit, a small file could decode to any size. */
const MAX_PIXELS = 100_000_000;
/** Largest picture file, in bytes: somewhat more than this many pixels need. */
const MAX_BYTES = 2 ** 29;

/** The files that are read, as help and errors name them. */
export const PICTURE_KINDS = "PNG, JPEG, WebP, GIF, TIFF or AVIF";

/** The bytes of a picture file, and which of its frames or pages is meant. */
export interface EncodedPicture {
  readonly bytes: Uint8Array;
  readonly page: number;
}

/** What the header of a picture file says of it. */
export interface PictureHeader {
  readonly rows: number;
  readonly cols: number;
  readonly grey: boolean;
  /** What the picture loses when it is read. */
  readonly losses: readonly Loss[];
}

/** What is lost of files that hold more than one picture of 8-bit values, as warnings say it. */
export const LOSSES = {
  depth: "16 bits a value, of which 8 are read",
  alpha: "an alpha channel: what is transparent is white",
  frames: "several frames or pages, of which the first is read",
} as const;

export type Loss = keyof typeof LOSSES;

/** A picture of a file, whose bytes `read` reads. Throws an Error that does not name the file. */
export async function readPicture(
  read: (limit: number) => Promise<Uint8Array>,
  page = 0,
): Promise<EncodedPicture> {
  // Not left to the decoder, by the file's name: it would give what it remembers of a file of that name.
  const bytes = await read(MAX_BYTES);
  // Of the many formats that the decoder knows, some have files that refer to others.
  if (pictureEnding(bytes) === undefined) {
    throw new Error(`expected ${PICTURE_KINDS}, received something else`);
  }
  return { bytes, page };
}

/** How many frames or pages a picture's file has. Throws an Error that does not name the file. */
export async function pagesOf(picture: EncodedPicture): Promise<number> {
  return (await (await decoder(picture)).metadata()).pages ?? 1;
}

/** Reads the header of a picture. Throws an Error that does not name the file. */
export async function headerOf(picture: EncodedPicture): Promise<PictureHeader> {
  const { space, autoOrient, depth, hasAlpha, pages = 1 } = await (await decoder(picture)).metadata();
  // TIFF files may have numbers of any kind, which do not say what is white.
  if (depth !== "uchar" && depth !== "ushort")
    throw new Error(`expected 8 or 16 bits a value, received values of type ${depth}`);
  const has = { depth: depth === "ushort", alpha: hasAlpha, frames: pages > 1 || isAnimatedPng(picture) };
  return {
    rows: autoOrient.height,
    cols: autoOrient.width,
    grey: space === "b-w" || space === "grey16",
    losses: (["depth", "alpha", "frames"] as const).filter((loss) => has[loss]),
  };
}

/** The decoder does not report animated PNG files. They have a chunk acTL before the first IDAT. */
function isAnimatedPng({ bytes }: EncodedPicture): boolean {
  if (pictureEnding(bytes) !== ".png") return false;
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return file.subarray(0, Math.max(0, file.indexOf("IDAT"))).includes("acTL");
}

/**
 * The pixels of a picture as 8-bit values, [rows, cols, channels], with one (grey) or three (sRGB)
 * channels. Transparent pixels become white. A picture of another size is scaled until it covers `size`, and cropped to
 * it in the centre. With a crop, only this part of the result. Throws an Error that does not name the file.
 */
export async function pixelsOf(picture: EncodedPicture, size: PictureSize, crop?: Crop): Promise<Uint8Array> {
  const { channels } = size;
  const whole = upright(await decoder(picture)).resize({ width: size.cols, height: size.rows, fit: "cover" });
  const { rows, cols } = crop ?? size;
  const part = crop ? whole.extract({ left: crop.left, top: crop.top, width: cols, height: rows }) : whole;
  const pixels = await raw(part, channels).toBuffer();
  const length = rows * cols * channels;
  if (pixels.length !== length) throw new Error(`expected ${length} sub-pixels, received ${pixels.length}`);
  return pixels;
}

/**
 * The same pixels of a picture that has this size already. It does not read the header first, which takes a third of
 * the time of a small picture. Undefined if the picture has another size or cannot be decoded, and of TIFF files, whose
 * header says whether their values mean anything.
 */
export async function pixelsAtSize(
  picture: EncodedPicture,
  size: PictureSize,
): Promise<Uint8Array | undefined> {
  if (pictureEnding(picture.bytes) === ".tif") return undefined;
  const { channels, rows, cols } = size;
  const decoded = raw(upright(await decoder(picture, rows * cols)), channels);
  const result = await decoded.toBuffer({ resolveWithObject: true }).catch(() => undefined);
  if (result === undefined || result.info.height !== rows || result.info.width !== cols) return undefined;
  return result.data.length === rows * cols * channels ? result.data : undefined;
}

/** Grey values of sRGB pixels, [rows, cols, 3] to [rows, cols], as `pixelsOf` makes them of a coloured picture. */
export async function greyPixels(rgb: Uint8Array, { rows, cols }: Extent): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const raw = { width: cols, height: rows, channels: 3 } as const;
  return sharp(rgb, { raw, limitInputPixels: false }).grayscale().raw({ depth: "uchar" }).toBuffer();
}

/** The FORMAT error of a file on which one of these functions threw `cause`, with the options that can mend it. */
export function decodingError(file: string, cause: unknown, about: readonly string[] = []): NextpixelError {
  // The file is right, but another than was expected.
  if (cause instanceof NextpixelError && cause.code === "ARGUMENT") return cause;
  const said = String(cause instanceof Error ? cause.message : cause).replace(`${file}: `, "");
  const reason = shortened(said.split("\n", 1)[0]!);
  return new NextpixelError("FORMAT", `${file}: cannot decode this picture (${reason})`, { cause, about });
}

/** The usual ending of the file's name, by its first bytes. */
export function pictureEnding(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  return STARTS.find(([pattern]) => pattern.test(start))?.[1];
}

/** How files begin; TIFF and BigTIFF, in either byte order. */
const STARTS = [
  [/^\x89PNG/, ".png"],
  [/^\xff\xd8\xff/, ".jpg"],
  [/^RIFF.{4}WEBP/s, ".webp"],
  [/^GIF8/, ".gif"],
  [/^(II[*+]\0|MM\0[*+])/, ".tif"],
  [/^.{4}ftyp(avi[fs]|mif1)/s, ".avif"],
] as const;

const upright = (picture: Sharp): Sharp => picture.autoOrient().flatten({ background: "white" });

const raw = (picture: Sharp, channels: number): Sharp =>
  (channels === 1 ? picture.grayscale() : picture.toColourspace("srgb")).raw({ depth: "uchar" });

async function decoder({ bytes, page }: EncodedPicture, limitInputPixels = MAX_PIXELS): Promise<Sharp> {
  // Loaded when first needed: it costs every start of a program that reads no picture files.
  const { default: sharp } = await import("sharp");
  return sharp(bytes, { page, limitInputPixels, failOn: "warning" });
}
