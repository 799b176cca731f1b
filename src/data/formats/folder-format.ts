import { expected, NextpixelError } from "../../basics/errors.ts";
import { checkExtent, cropAt } from "../crop.ts";
import type { CropPlace, Extent, PictureSize } from "../dataset.ts";
import { pixelsAtSize, pixelsOf, type EncodedPicture, type PictureHeader } from "../picture-file.ts";
import { haveLevels } from "../levels.ts";
import { checkLevels, quantise } from "../quantise.ts";

export interface FormatOptions {
  readonly levels?: number | undefined;
  /** 1 for grey, 3 for sRGB; the files are converted. */
  readonly channels?: 1 | 3 | undefined;
  /** Read coloured pictures as grey ones: the same as one channel. */
  readonly gray?: boolean | undefined;
  /** Scale every picture to cover this size, and crop it to it in the centre. */
  readonly resize?: Extent | undefined;
  /** Take a part of this size of every picture, after `resize`. Pictures may then differ in size. */
  readonly crop?: Extent | undefined;
}

/** A file and what its header says. */
export interface PictureFile {
  readonly file: string;
  readonly header: PictureHeader;
}

/** How picture files become pictures of one size and kind. */
export interface FolderFormat {
  readonly channels: 1 | 3;
  readonly levels: number;
  readonly resize: Extent | undefined;
  readonly crop: Extent | undefined;
  /** The file that the other files are compared with. */
  readonly first: PictureFile;
  /** Whether all files must be grey: there is one channel only because the files that were examined are grey. */
  readonly isGrey: boolean;
  /**
   * Whether no picture may have more levels: there are less than 256 only because the pictures that were examined have
   * no more.
   */
  readonly isExact: boolean;
}

/**
 * Checks levels and sizes.
 *
 * @throws ARGUMENT if they are impossible.
 */
export function checkOptions({ levels = 256, resize, crop }: FormatOptions): void {
  checkLevels(levels);
  if (resize) checkExtent(resize, "resize");
  if (crop) checkExtent(crop, "crop");
  if (resize && crop) cropAt(resize, crop, undefined, "the pictures when they are resized");
}

/**
 * The format of one or more files.
 *
 * @throws ARGUMENT as `checkFile` does.
 */
export function formatOf(files: readonly PictureFile[], options: FormatOptions): FolderFormat {
  const { levels = 256, gray = false, resize, crop } = options;
  const isGrey = !gray && options.channels === undefined && files.every(({ header }) => header.grey);
  const channels = options.channels ?? (gray || isGrey ? 1 : 3);
  const format = { channels, levels, resize, crop, first: files[0]!, isGrey, isExact: false };
  for (const file of files) checkFile(format, file);
  return format;
}

/**
 * Compares a file with the format.
 *
 * @throws ARGUMENT that names the file if it differs in size from the first, is smaller than the crop, or has colours
 * where all must be grey.
 */
export function checkFile(format: FolderFormat, { file, header }: PictureFile): void {
  const { resize, crop, first, isGrey } = format;
  if (crop) cropAt(resize ?? header, crop, undefined, file);
  else if (!resize && (header.rows !== first.header.rows || header.cols !== first.header.cols)) {
    const other = `${first.file} is ${first.header.cols}x${first.header.rows} and ${file} is ${header.cols}x${header.rows}`;
    throw new NextpixelError(
      "ARGUMENT",
      `expected pictures of one size, but ${other}; resize them to make them alike`,
      { about: ["resize", "crop"] },
    );
  }
  if (isGrey && !header.grey) {
    const other = `${first.file} is grey and ${file} has colours`;
    throw new NextpixelError(
      "ARGUMENT",
      `expected pictures of one kind, but ${other}; read all as grey to make them alike`,
      { about: ["gray"] },
    );
  }
}

/** The size of a file's picture before it is cropped. */
export const wholeSize = ({ channels, resize }: FolderFormat, { rows, cols }: Extent): PictureSize => ({
  channels,
  ...(resize ?? { rows, cols }),
});

/** The size of every picture of the data set. */
export const pictureSizeOf = (format: FolderFormat): PictureSize =>
  format.crop ? { channels: format.channels, ...format.crop } : wholeSize(format, format.first.header);

/**
 * Levels of a file's picture, [channels, rows, cols], cropped at a place. Throws an Error that does not name the file
 * if they cannot be decoded.
 *
 * @throws ARGUMENT if they have too many levels.
 */
export async function levelsOf(
  format: FolderFormat,
  { file, header }: PictureFile,
  picture: EncodedPicture,
  place?: CropPlace,
): Promise<Uint8Array> {
  const size = wholeSize(format, header);
  const crop = format.crop && cropAt(size, format.crop, place, file);
  const pixels = await pixelsOf(picture, size, crop);
  if (fits(format, pixels)) return toLevels(format, pixels);
  const what = `${format.levels} levels, as those have that were looked at,`;
  throw expected("ARGUMENT", `pictures of ${what}`, file, "more", "levels");
}

/**
 * The same of a file that is like the first, as most files are. It does not read the header. Undefined if the file
 * differs, or if only the header can tell; then `checkFile` and `levelsOf` find out what is wrong, if anything.
 */
export async function levelsOfAlike(
  format: FolderFormat,
  picture: EncodedPicture,
): Promise<Uint8Array | undefined> {
  if (format.resize || format.crop || format.isGrey) return undefined;
  const pixels = await pixelsAtSize(picture, wholeSize(format, format.first.header));
  return pixels && fits(format, pixels) ? toLevels(format, pixels) : undefined;
}

const fits = ({ isExact, levels }: FolderFormat, pixels: Uint8Array): boolean =>
  !isExact || haveLevels(pixels, levels);

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
