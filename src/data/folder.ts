import { basename, dirname, join } from "node:path";
import { NextpixelError, wholeNumber } from "../basics/errors.ts";
import { mapConcurrently } from "./concurrent.ts";
import { memoryDataset, pictureLength, type Dataset, type PictureSize } from "./dataset.ts";
import { filesUnder } from "./files.ts";
import { decodingError, readHeader, readPixels, type PictureHeader } from "./picture-file.ts";
import { checkLevels, quantise } from "./quantise.ts";

export interface FolderOptions {
  /** Grey or sRGB, whatever the files have. */
  readonly channels?: 1 | 3 | undefined;
  /** The same as one channel. */
  readonly gray?: boolean | undefined;
  /** Scale every picture to cover this size, and cut off what juts out. */
  readonly resize?: { readonly rows: number; readonly cols: number } | undefined;
  /** Leave out files that cannot be decoded, with a warning each, instead of failing. */
  readonly skipBad?: boolean | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Bound on the sub-pixels of all pictures together, one byte each. */
const MAX_BYTES = 2 ** 31;
const MAX_SIDE = 2 ** 14;
const PICTURE_NAME = /\.(png|jpe?g|webp)$/i;
const FILES_AT_ONCE = 4;

type Options = FolderOptions & { readonly levels?: number | undefined };

/** Whether a file is a picture, by its name. */
export const isPictureName = (path: string): boolean => PICTURE_NAME.test(path);

/** Something read from the file at `path` (relative to the data set's folder, with `/`). */
interface Read<Value> {
  readonly path: string;
  readonly value: Value;
}

/**
 * The PNG, JPEG and WebP files of a folder. Sub-folders are classes, in the order of their names, and a picture
 * deeper down belongs to the top-level sub-folder it is under; pictures that lie in the folder itself have no
 * labels. One channel when all files are in a grey format or on `gray`, else three (sRGB). NOT_FOUND error when
 * there is no picture, FORMAT error on one that cannot be decoded, ARGUMENT error when pictures lie both in
 * the folder and in sub-folders, differ in size, or are too many to hold in memory.
 */
export async function openFolder(folder: string, options: Options = {}): Promise<Dataset> {
  const paths = (await filesUnder(folder)).filter(isPictureName);
  checkLayout(folder, paths);
  return openFiles(folder, folder, paths, options);
}

/** One picture file, without a label: read as those of a folder, with the same errors. */
export const openPicture = (file: string, options: Options = {}): Promise<Dataset> =>
  openFiles(file, dirname(file), [basename(file)], { ...options, skipBad: false });

/** The data set `name` of the pictures at `paths` of a folder. */
async function openFiles(
  name: string,
  folder: string,
  paths: readonly string[],
  options: Options,
): Promise<Dataset> {
  const levels = checkLevels(options.levels ?? 256);
  if (options.resize !== undefined) {
    wholeNumber(options.resize.rows, "resize rows", 1, MAX_SIDE);
    wholeNumber(options.resize.cols, "resize cols", 1, MAX_SIDE);
  }
  const headers = await readAll(folder, paths, options, readHeader);
  const size = commonSize(folder, headers, options);
  const length = pictureLength(size);
  checkMemory(name, headers.length * length);

  const pixels = new Uint8Array(headers.length * length);
  const pictures = await readAll(
    folder,
    headers.map(({ path }) => path),
    options,
    async (file, index) => {
      const start = index * length;
      toPlanes(
        quantise(await readPixels(file, size), levels),
        pixels.subarray(start, start + length),
        size.channels,
      );
      return start;
    },
  );
  // Closes the gaps of those that turned out bad; every picture moves forwards or stays.
  pictures.forEach(({ value: start }, index) => pixels.copyWithin(index * length, start, start + length));
  const kept = pictures.map(({ path }) => path);
  const decoded = pixels.subarray(0, kept.length * length);
  return memoryDataset({ name, size, levels, pixels: decoded, ...classesOf(kept) });
}

/** `read` of every file in turn, without those that are bad when these are to be skipped. */
async function readAll<Value>(
  folder: string,
  paths: readonly string[],
  { skipBad = false, onWarning }: FolderOptions,
  read: (file: string, index: number) => Promise<Value>,
): Promise<Read<Value>[]> {
  const results = await mapConcurrently(paths, FILES_AT_ONCE, async (path, index) => {
    const file = join(folder, path);
    try {
      return { path, value: await read(file, index) };
    } catch (cause) {
      if (skipBad) return `${decodingError(file, cause).message}; left out`;
      // Without its only file, a folder has no pictures.
      throw decodingError(file, cause, paths.length > 1 ? "; use --skip-bad to leave such files out" : "");
    }
  });
  const good: Read<Value>[] = [];
  for (const result of results) {
    if (typeof result === "string") onWarning?.(result);
    else good.push(result);
  }
  if (good.length === 0)
    throw new NextpixelError("NOT_FOUND", `${folder}: no PNG, JPEG or WebP picture in this folder`);
  return good;
}

function checkLayout(folder: string, paths: readonly string[]): void {
  const inRoot = paths.find((path) => !path.includes("/"));
  const inClass = paths.find((path) => path.includes("/"));
  if (inRoot === undefined || inClass === undefined) return;
  throw new NextpixelError(
    "ARGUMENT",
    `${folder}: expected pictures either in the folder itself or in sub-folders (classes), received both ${inRoot} and ${inClass}`,
  );
}

function commonSize(
  folder: string,
  headers: readonly Read<PictureHeader>[],
  { gray = false, resize, ...options }: FolderOptions,
): PictureSize {
  const channels = options.channels ?? (gray || headers.every(({ value }) => value.grey) ? 1 : 3);
  if (resize !== undefined) return { channels, rows: resize.rows, cols: resize.cols };
  const first = headers[0]!;
  const { rows, cols } = first.value;
  const other = headers.find(({ value }) => value.rows !== rows || value.cols !== cols);
  if (other === undefined) return { channels, rows, cols };
  const describe = ({ path, value }: Read<PictureHeader>): string =>
    `${join(folder, path)} is ${value.cols}x${value.rows}`;
  throw new NextpixelError(
    "ARGUMENT",
    `expected pictures of one size, but ${describe(first)} and ${describe(other)}; use --resize WxH to make them alike`,
  );
}

function checkMemory(name: string, bytes: number): void {
  if (bytes <= MAX_BYTES) return;
  const gib = (bytes / 2 ** 30).toFixed(1);
  throw new NextpixelError(
    "ARGUMENT",
    `${name}: expected at most ${MAX_BYTES / 2 ** 30} GiB of pixels, received ${gib} GiB; use --resize WxH to make the pictures smaller`,
  );
}

/** [rows, cols, channels] to [channels, rows, cols]. */
function toPlanes(interleaved: Uint8Array, planes: Uint8Array, channels: number): void {
  const area = planes.length / channels;
  for (let channel = 0; channel < channels; channel++) {
    for (let pixel = 0; pixel < area; pixel++) {
      planes[channel * area + pixel] = interleaved[pixel * channels + channel]!;
    }
  }
}

function classesOf(paths: readonly string[]): { labels?: number[]; classNames?: string[] } {
  if (!paths[0]!.includes("/")) return {};
  const folders = paths.map((path) => path.slice(0, path.indexOf("/")));
  const classNames = [...new Set(folders)].sort();
  const numbers = new Map(classNames.map((name, label) => [name, label]));
  return { labels: folders.map((name) => numbers.get(name)!), classNames };
}
