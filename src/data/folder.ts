import { basename, dirname, join } from "node:path";
import { NextpixelError } from "../basics/errors.ts";
import { mapConcurrently } from "./concurrent.ts";
import { cropAt, cut } from "./crop.ts";
import { pictureDataset, pictureLength, PICTURES_AT_ONCE, type Dataset } from "./dataset.ts";
import { filesUnder } from "./files.ts";
import {
  checkFile,
  checkOptions,
  formatOf,
  levelsOf,
  levelsOfAlike,
  pictureSizeOf,
  wholeSize,
  type FolderFormat,
  type FormatOptions,
  type PictureFile,
} from "./folder-format.ts";
import { packStrings } from "./packed-strings.ts";
import { decodingError, headerOf, readPicture } from "./picture-file.ts";

export interface FolderOptions extends Omit<FormatOptions, "levels"> {
  /** Leave out files that cannot be decoded, with a warning each, instead of failing. */
  readonly skipBad?: boolean | undefined;
  /** Bytes that the pictures may take in memory, one for each sub-pixel; those of a larger folder stay on disk. 256 MiB. */
  readonly memory?: number | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

const MEMORY = 2 ** 28;
/** Files of a large folder that are looked at when it is opened. */
const LOOKED_AT = 1000;
const PICTURE_NAME = /\.(png|jpe?g|webp)$/i;

type Options = FolderOptions & FormatOptions;

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
 * the folder and in sub-folders, differ in size, or are smaller than their crops.
 *
 * Pictures that would take too much memory are decoded whenever they are read. Of so many files only some are looked at
 * when the folder is opened, unless bad ones are to be left out. The same errors then come from `read`, and an ARGUMENT error
 * on a picture with colours if those that were looked at have none.
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
  checkOptions(options);
  const { memory = MEMORY, skipBad = false } = options;
  const isLarge = paths.length * (await bytesOfFirst(folder, paths, options)) > memory;
  const looked = isLarge && !skipBad ? spread(paths, LOOKED_AT) : paths;
  const found = await readAll(folder, looked, options, pictureFile);
  const files = found.map(({ value }) => value);
  const format = formatOf(files, options);
  const bytes = files.reduce((sum, { header }) => sum + pictureLength(wholeSize(format, header)), 0);

  if (isLarge || bytes > memory) {
    const decode = async (file: string, i: number) =>
      void (await levelsOf(format, files[i]!, await readPicture(file)));
    const good = skipBad ? pathsOf(await readAll(folder, pathsOf(found), options, decode)) : paths;
    return onDisk(name, folder, good, format);
  }
  const whole = { ...format, crop: undefined };
  const pictures = await readAll(folder, pathsOf(found), options, async (file, i) => ({
    size: wholeSize(format, files[i]!.header),
    levels: await levelsOf(whole, files[i]!, await readPicture(file)),
  }));
  return pictureDataset(about(name, pathsOf(pictures), format), async (index, place) => {
    const { path, value } = pictures[index]!;
    const { size, levels } = value;
    return format.crop ? cut(levels, size, cropAt(size, format.crop, place, join(folder, path))) : levels;
  });
}

/** The data set of pictures that are decoded whenever they are read, and only then looked at. */
function onDisk(name: string, folder: string, paths: readonly string[], format: FolderFormat): Dataset {
  const packed = packStrings(paths);
  const hint = hintOf(paths);
  return pictureDataset(about(name, paths, format), async (index, place) => {
    const file = join(folder, packed.at(index));
    const bytes = await naming(file, hint, readPicture(file));
    const alike = await levelsOfAlike(format, bytes);
    if (alike) return alike;
    const picture = { file, header: await naming(file, hint, headerOf(bytes)) };
    checkFile(format, picture);
    return naming(file, hint, levelsOf(format, picture, bytes, place));
  });
}

const about = (name: string, paths: readonly string[], format: FolderFormat): Omit<Dataset, "read"> => ({
  name,
  count: paths.length,
  size: pictureSizeOf(format),
  levels: format.levels,
  ...classesOf(paths),
});

const pathsOf = (files: readonly Read<unknown>[]): string[] => files.map(({ path }) => path);

const pictureFile = async (file: string): Promise<PictureFile> => ({
  file,
  header: await headerOf(await readPicture(file)),
});

/** Sub-pixels of the first picture that can be read; 0 if there is none. */
async function bytesOfFirst(folder: string, paths: readonly string[], options: Options): Promise<number> {
  for (const path of paths) {
    const file = await pictureFile(join(folder, path)).catch(() => undefined);
    if (file) return pictureLength(wholeSize(formatOf([file], { ...options, crop: undefined }), file.header));
  }
  return 0;
}

/** At most `count` of them, evenly spread. */
const spread = (paths: readonly string[], count: number): readonly string[] =>
  paths.length <= count
    ? paths
    : Array.from({ length: count }, (_, i) => paths[Math.floor((i * paths.length) / count)]!);

/** What to do about a bad file of a folder. Without its only file, it has no pictures. */
const hintOf = (paths: readonly string[]): string =>
  paths.length > 1 ? "; use --skip-bad to leave such files out" : "";

/** What is read from a file, or the FORMAT error of `decodingError`. */
const naming = <Value>(file: string, hint: string, reading: Promise<Value>): Promise<Value> =>
  reading.catch((cause: unknown) => {
    throw decodingError(file, cause, hint);
  });

/** `read` of every file in turn, without those that are bad when these are to be skipped. */
async function readAll<Value>(
  folder: string,
  paths: readonly string[],
  { skipBad = false, onWarning }: FolderOptions,
  read: (file: string, index: number) => Promise<Value>,
): Promise<Read<Value>[]> {
  const hint = skipBad ? "; left out" : hintOf(paths);
  const results = await mapConcurrently(paths, PICTURES_AT_ONCE, async (path, index) => {
    const file = join(folder, path);
    const reading = naming(file, hint, read(file, index));
    const found = reading.then((value): Read<Value> => ({ path, value }));
    return skipBad ? found.catch((error: NextpixelError) => error.message) : found;
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

function classesOf(paths: readonly string[]): Pick<Dataset, "labels" | "classNames"> {
  if (!paths[0]!.includes("/")) return { labels: undefined, classNames: undefined };
  const folders = paths.map((path) => path.slice(0, path.indexOf("/")));
  const classNames = [...new Set(folders)].sort();
  const numbers = new Map(classNames.map((name, label) => [name, label]));
  return { labels: Int32Array.from(folders, (name) => numbers.get(name)!), classNames };
}
