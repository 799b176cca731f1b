import { NextpixelError } from "../basics/errors.ts";
import { checkExtent, cropAt } from "./crop.ts";
import type { CropPlace, Extent, PictureSize } from "./dataset.ts";
import { pixelsAtSize, pixelsOf, type PictureHeader } from "./picture-file.ts";
import { checkLevels, quantise } from "./quantise.ts";

export interface FormatOptions {
  readonly levels?: number | undefined;
  /** Grey or sRGB, whatever the files have. */
  readonly channels?: 1 | 3 | undefined;
  /** The same as one channel. */
  readonly gray?: boolean | undefined;
  /** Scale every picture to cover this size, and cut off what juts out. */
  readonly resize?: Extent | undefined;
  /** Take a part of this size of every picture, after it is scaled. Pictures may then differ in size. */
  readonly crop?: Extent | undefined;
}

/** A file and what its header says. */
export interface PictureFile {
  readonly file: string;
  readonly header: PictureHeader;
}

/** How the files of a folder become pictures of one kind. */
export interface FolderFormat {
  readonly channels: 1 | 3;
  readonly levels: number;
  readonly resize: Extent | undefined;
  readonly crop: Extent | undefined;
  /** The file that the others have to be like. */
  readonly first: PictureFile;
  /** Whether all have to be grey: they have one channel because those that were looked at are. */
  readonly isGrey: boolean;
}

/** ARGUMENT error if there cannot be such pictures. */
export function checkOptions({ levels = 256, resize, crop }: FormatOptions): void {
  checkLevels(levels);
  if (resize) checkExtent(resize, "resize");
  if (crop) checkExtent(crop, "crop");
  if (resize && crop) cropAt(resize, crop, undefined, "the pictures when they are resized");
}

/** The format of files, at least one; ARGUMENT error as of `checkFile`. */
export function formatOf(files: readonly PictureFile[], options: FormatOptions): FolderFormat {
  const { levels = 256, gray = false, resize, crop } = options;
  const isGrey = !gray && options.channels === undefined && files.every(({ header }) => header.grey);
  const channels = options.channels ?? (gray || isGrey ? 1 : 3);
  const format = { channels, levels, resize, crop, first: files[0]!, isGrey };
  for (const file of files) checkFile(format, file);
  return format;
}

/** ARGUMENT error that names the file if it is of another size than the first, smaller than the crop, or coloured where none may be. */
export function checkFile(format: FolderFormat, { file, header }: PictureFile): void {
  const { resize, crop, first, isGrey } = format;
  if (crop) cropAt(resize ?? header, crop, undefined, file);
  else if (!resize && (header.rows !== first.header.rows || header.cols !== first.header.cols)) {
    const other = `${first.file} is ${first.header.cols}x${first.header.rows} and ${file} is ${header.cols}x${header.rows}`;
    throw new NextpixelError(
      "ARGUMENT",
      `expected pictures of one size, but ${other}; use --resize WxH to make them alike`,
    );
  }
  if (isGrey && !header.grey) {
    const other = `${first.file} is grey and ${file} has colours`;
    throw new NextpixelError(
      "ARGUMENT",
      `expected pictures of one kind, but ${other}; use --gray to make them alike`,
    );
  }
}

/** Of a file's picture before it is cropped. */
export const wholeSize = ({ channels, resize }: FolderFormat, { rows, cols }: Extent): PictureSize => ({
  channels,
  ...(resize ?? { rows, cols }),
});

/** Of every picture. */
export const pictureSizeOf = (format: FolderFormat): PictureSize =>
  format.crop ? { channels: format.channels, ...format.crop } : wholeSize(format, format.first.header);

/** Levels of a file's bytes, [channels, rows, cols], cropped at a place. Throws an Error that does not name the file. */
export async function levelsOf(
  format: FolderFormat,
  { file, header }: PictureFile,
  bytes: Uint8Array,
  place?: CropPlace,
): Promise<Uint8Array> {
  const size = wholeSize(format, header);
  const crop = format.crop && cropAt(size, format.crop, place, file);
  return toLevels(format, await pixelsOf(bytes, size, crop));
}

/**
 * The same of a file that is like the first, as most are, without its header. Undefined if it is not, or if only its header can
 * tell: then its header and `checkFile` say what is wrong, if anything is.
 */
export async function levelsOfAlike(
  format: FolderFormat,
  bytes: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (format.resize || format.crop || format.isGrey) return undefined;
  const pixels = await pixelsAtSize(bytes, wholeSize(format, format.first.header));
  return pixels && toLevels(format, pixels);
}

/** 8-bit values, [rows, cols, channels], to levels, [channels, rows, cols]. */
const toLevels = ({ levels, channels }: FolderFormat, pixels: Uint8Array): Uint8Array =>
  toPlanes(quantise(pixels, levels), channels);

/** [rows, cols, channels] to [channels, rows, cols]. */
function toPlanes(interleaved: Uint8Array, channels: number): Uint8Array {
  const planes = new Uint8Array(interleaved.length);
  const area = planes.length / channels;
  for (let channel = 0; channel < channels; channel++) {
    for (let pixel = 0; pixel < area; pixel++) {
      planes[channel * area + pixel] = interleaved[pixel * channels + channel]!;
    }
  }
  return planes;
}
