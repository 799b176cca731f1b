import { NextpixelError } from "../../basics/errors.ts";
import { mapConcurrently } from "../../basics/concurrent.ts";
import { cropAt, cut } from "../crop.ts";
import { pictureDataset, pictureLength, PICTURES_AT_ONCE, type CropPlace, type Dataset } from "../dataset.ts";
import { countLevels, warnOfLevels } from "../levels.ts";
import {
  decodingError,
  headerOf,
  LOSSES,
  PICTURE_KINDS,
  readPicture,
  type EncodedPicture,
} from "../picture-file.ts";
import { quantise } from "../quantise.ts";
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
import type { FileTree } from "./file-tree.ts";
import { keepingLast, pageAt, withPages } from "./frames.ts";
import { packStrings } from "./packed-strings.ts";

export interface FolderOptions extends Omit<FormatOptions, "levels"> {
  /** Leave out files that cannot be decoded, with a warning each, instead of failing. */
  readonly skipBad?: boolean | undefined;
  /** Take every frame of an animation and every page of a TIFF file as a picture, in place of the first alone. */
  readonly frames?: boolean | undefined;
  /** Bytes that pictures may take in memory, one for each sub-pixel; the others stay on disk. 1 GiB. */
  readonly memory?: number | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

export type PictureOptions = FolderOptions & FormatOptions;

/** Bytes that pictures may take in memory if nothing else is said. */
export const MEMORY = 2 ** 30;
/** Folders of more bytes are large: their pictures are not decoded before they are needed. */
const DECODED_WHEN_OPENED = 2 ** 28;
/** Files of a large folder whose headers are read when it is opened. */
const HEADERS_READ = 1000;
/** Pictures of a large folder whose values tell how many levels it has. */
const VALUES_READ = 100;

/** Something read from the file at `path` of the data set's tree. */
interface Read<Value> {
  readonly path: string;
  readonly value: Value;
}

// Headers are compared when a folder is opened (of a large folder, some of them). Pictures of small and of large
// folders are decoded by the same functions of folder-format.ts, so they are the same. What grows with a large folder
// is the list of its files' names, which is one piece of UTF-8. sharp decodes in libuv's threads, ahead of the step
// that needs a picture (read-ahead.ts). A file that has the size of the first is decoded without a look at its header,
// which would take a third of the time.

/**
 * The data set `name` of the picture files at `paths` of a tree, without labels, and which of the paths are in it.
 * One channel when all files are in a grey format or on `gray`, else three (sRGB). Warnings say what of the files is
 * lost, see `LOSSES`, and if there are fewer levels than 256.
 *
 * The files of a large folder are decoded when they are first read. They are decoded again each time if they are crops,
 * or more than may be kept in memory. When it is opened, only some of them are looked at, unless bad ones are to be
 * left out. `read` then throws the same errors, and ARGUMENT if a picture has colours, or more levels, and those that
 * were looked at have not.
 *
 * @throws NOT_FOUND if there is no picture; FORMAT if one cannot be decoded; ARGUMENT if they differ in size, or are
 * smaller than their crops.
 */
export async function openPictureFiles(
  name: string,
  files: FileTree,
  filePaths: readonly string[],
  options: PictureOptions,
): Promise<{ readonly dataset: Dataset; readonly paths: readonly string[] }> {
  checkOptions(options);
  const tree = options.frames ? keepingLast(files) : files;
  const paths = options.frames ? await withPages(files, filePaths) : filePaths;
  const { memory = MEMORY, skipBad = false, onWarning } = options;
  const mostWhenOpened = Math.min(memory, DECODED_WHEN_OPENED);
  const isLarge = paths.length * (await bytesOfFirst(tree, paths, options)) > mostWhenOpened;
  const looked = isLarge && !skipBad ? spread(paths, HEADERS_READ) : paths;
  const found = await readAll(tree, looked, options, (path) => pictureFile(tree, path));
  const headers = found.map(({ value }) => value);
  warnOfLosses(headers, onWarning);
  const format = formatOf(headers, options);
  const bytes = headers.reduce((sum, { header }) => sum + pictureLength(wholeSize(format, header)), 0);

  if (isLarge || bytes > mostWhenOpened) {
    const decode = async (path: string, i: number) =>
      void (await levelsOf(format, headers[i]!, await pictureAt(tree, path)));
    const good = skipBad ? pathsOf(await readAll(tree, pathsOf(found), options, decode)) : paths;
    const exact = options.levels === undefined ? await sampled(tree, good, format) : format;
    if (exact.isExact) warnOfLevels(name, exact.levels, onWarning);
    return { dataset: onDisk(name, tree, good, exact, memory), paths: good };
  }
  const whole = { ...format, crop: undefined };
  const counter = countLevels();
  const pictures = await readAll(tree, pathsOf(found), options, async (path, i) => {
    const values = await levelsOf(whole, headers[i]!, await pictureAt(tree, path));
    counter.add(values);
    return { size: wholeSize(format, headers[i]!.header), values };
  });
  const levels = options.levels ?? counter.levels();
  if (options.levels === undefined) warnOfLevels(name, levels, onWarning);
  // What is decoded with 256 levels has the values of the file.
  if (levels !== format.levels)
    for (const { value } of pictures) value.values = quantise(value.values, levels);
  const nameOf = (index: number) => pictures[index]!.path;
  const description = descriptionOf(name, pictures.length, { ...format, levels }, nameOf);
  const dataset = pictureDataset(description, async (index, place) => {
    const { path, value } = pictures[index]!;
    const { size, values } = value;
    return format.crop ? cut(values, size, cropAt(size, format.crop, place, tree.nameOf(path))) : values;
  });
  return { dataset, paths: pathsOf(pictures) };
}

/**
 * The data set of pictures that are decoded when they are read. As many as memory may hold are kept, unless they are
 * crops.
 */
function onDisk(
  name: string,
  tree: FileTree,
  paths: readonly string[],
  format: FolderFormat,
  memory: number,
): Dataset {
  const packed = packStrings(paths);
  const most = format.crop ? 0 : Math.floor(memory / pictureLength(pictureSizeOf(format)));
  const kept = new Map<number, Uint8Array>();
  return pictureDataset(
    descriptionOf(name, paths.length, format, (i) => packed.at(i)),
    async (index, place) => {
      const levels =
        kept.get(index) ?? (await decodeFile(format, tree, packed.at(index), mendsOf(paths), place));
      if (kept.size < most) kept.set(index, levels);
      return levels;
    },
  );
}

/** Levels of a file that has not been looked at. */
async function decodeFile(
  format: FolderFormat,
  tree: FileTree,
  path: string,
  about: readonly string[],
  place?: CropPlace,
): Promise<Uint8Array> {
  const file = tree.nameOf(path);
  const picture = await naming(file, about, pictureAt(tree, path));
  const alike = await levelsOfAlike(format, picture);
  if (alike) return alike;
  const looked = { file, header: await naming(file, about, headerOf(picture)) };
  checkFile(format, looked);
  return naming(file, about, levelsOf(format, looked, picture, place));
}

/**
 * The format with as many levels as a sample of the files has. Bad ones tell nothing: they are errors when they are
 * read.
 */
async function sampled(
  tree: FileTree,
  paths: readonly string[],
  format: FolderFormat,
): Promise<FolderFormat> {
  const counter = countLevels();
  for (const path of spread(paths, VALUES_READ)) {
    const values = await decodeFile(format, tree, path, []).catch(() => undefined);
    if (values && !counter.add(values)) break;
  }
  const levels = counter.levels();
  return { ...format, levels, isExact: levels < format.levels };
}

const descriptionOf = (
  name: string,
  count: number,
  format: FolderFormat,
  nameOf: (index: number) => string,
): Omit<Dataset, "read"> => ({
  name,
  count,
  size: pictureSizeOf(format),
  levels: format.levels,
  labels: undefined,
  classNames: undefined,
  nameOf,
});

/** One warning for each kind of loss, and not one for each file. */
function warnOfLosses(files: readonly PictureFile[], onWarning: FolderOptions["onWarning"]): void {
  for (const [loss, what] of Object.entries(LOSSES)) {
    const [first, ...more] = files.filter(({ header }) => header.losses.some((one) => one === loss));
    const others = more.length > 0 ? ` and ${more.length} more` : "";
    if (first) onWarning?.(`${first.file}${others}: ${what}`);
  }
}

const pathsOf = (files: readonly Read<unknown>[]): string[] => files.map(({ path }) => path);

/** A picture file, or a page of one. Throws an Error that does not name it. */
function pictureAt(tree: FileTree, path: string): Promise<EncodedPicture> {
  const { file, page } = pageAt(path);
  return readPicture((limit) => tree.read(file, limit), page);
}

async function pictureFile(tree: FileTree, path: string): Promise<PictureFile> {
  const header = await headerOf(await pictureAt(tree, path));
  const losses = header.losses.filter((loss) => loss !== "frames" || !pageAt(path).isOneOfMany);
  return { file: tree.nameOf(path), header: { ...header, losses } };
}

/** Sub-pixels of the first picture that can be read; 0 if there is none. */
async function bytesOfFirst(
  tree: FileTree,
  paths: readonly string[],
  options: PictureOptions,
): Promise<number> {
  for (const path of paths) {
    const file = await pictureFile(tree, path).catch(() => undefined);
    if (file) return pictureLength(wholeSize(formatOf([file], { ...options, crop: undefined }), file.header));
  }
  return 0;
}

/** At most `count` of them, evenly spread. */
const spread = (paths: readonly string[], count: number): readonly string[] =>
  paths.length <= count
    ? paths
    : Array.from({ length: count }, (_, i) => paths[Math.floor((i * paths.length) / count)]!);

/** The options that mend a bad file of a folder. Without its only file, it has no pictures. */
const mendsOf = (paths: readonly string[]): readonly string[] => (paths.length > 1 ? ["skipBad"] : []);

/** What is read from a file, or the FORMAT error of `decodingError`. */
const naming = <Value>(file: string, about: readonly string[], reading: Promise<Value>): Promise<Value> =>
  reading.catch((cause: unknown) => {
    throw decodingError(file, cause, about);
  });

/** `read` of every file in turn, without those that are bad when these are to be skipped. */
async function readAll<Value>(
  tree: FileTree,
  paths: readonly string[],
  { skipBad = false, onWarning }: FolderOptions,
  read: (path: string, index: number) => Promise<Value>,
): Promise<Read<Value>[]> {
  const about = mendsOf(paths);
  const results = await mapConcurrently(paths, PICTURES_AT_ONCE, async (path, index) => {
    const reading = naming(tree.nameOf(path), about, read(path, index));
    const found = reading.then((value): Read<Value> => ({ path, value }));
    return skipBad ? found.catch((error: NextpixelError) => `${error.message}; left out`) : found;
  });
  const good: Read<Value>[] = [];
  for (const result of results) {
    if (typeof result === "string") onWarning?.(result);
    else good.push(result);
  }
  if (good.length > 0) return good;
  throw new NextpixelError("NOT_FOUND", `${tree.name}: no ${PICTURE_KINDS} picture in it`);
}
