import { basename, dirname, join } from "node:path";
import { NextpixelError } from "../../basics/errors.ts";
import { isFile, isThere } from "../../files/bounded-read.ts";
import { memoryDataset, type Dataset } from "../dataset.ts";
import { countLevels, warnOfLevels, type LevelOptions } from "../levels.ts";
import { unexpected } from "../../files/unexpected.ts";
import type { Format } from "./format.ts";
import { readGzipped } from "./gzipped.ts";
import { checkLevels, quantise } from "../quantise.ts";

/** Largest IDX file, before and after decompression. */
const MAX_BYTES = 2 ** 30;

export interface IdxOptions extends LevelOptions {
  readonly labels?: boolean | undefined;
  /** In place of "0", "1", ... */
  readonly classNames?: readonly string[] | undefined;
}

interface Idx {
  readonly dimensions: readonly number[];
  readonly values: Uint8Array;
}

interface IdxHeader {
  readonly dimensions: readonly number[];
  /** Bytes of the header, and of the whole file. */
  readonly start: number;
  readonly end: number;
}

/**
 * The grey pictures of an IDX file (the format of MNIST), plain or gzipped, as [count, 1, rows, cols]. Labels come from
 * the file beside it whose name has `labels-idx1` in place of `images-idx3`, if it is there and `labels` is not false.
 *
 * @throws NOT_FOUND if the file cannot be read; FORMAT if its content, or that of the labels' file, is wrong.
 */
export async function openIdx(file: string, options: IdxOptions = {}, name = file): Promise<Dataset> {
  const { labels: isLabelled = true, classNames } = options;
  if (options.levels !== undefined) checkLevels(options.levels);
  const { dimensions, values } = await readIdx(file, 3);
  const [count, rows, cols] = dimensions as readonly [number, number, number];
  const levels = options.levels ?? levelsOf(values);
  if (options.levels === undefined) warnOfLevels(name, levels, options.onWarning);
  const labels = isLabelled ? await readLabels(file, count) : undefined;
  return memoryDataset({
    name,
    size: { channels: 1, rows, cols },
    levels,
    pixels: quantise(values, levels),
    labels,
    classNames: labels && classNames,
  });
}

function levelsOf(values: Uint8Array): number {
  const counter = countLevels();
  counter.add(values);
  return counter.levels();
}

async function readLabels(images: string, count: number): Promise<Uint8Array | undefined> {
  const file = await labelsBeside(images);
  if (file === undefined) return undefined;
  const { values } = await readIdx(file, 1);
  if (values.length === count) return values;
  throw new NextpixelError(
    "FORMAT",
    `${file}: expected ${count} labels, one for each picture of ${images}, received ${values.length}`,
  );
}

async function labelsBeside(images: string): Promise<string | undefined> {
  const name = basename(images).replace(/images([-.])idx3/, "labels$1idx1");
  if (name === basename(images)) return undefined;
  const otherwisePacked = name.endsWith(".gz") ? name.slice(0, -".gz".length) : `${name}.gz`;
  for (const candidate of [name, otherwisePacked]) {
    const file = join(dirname(images), candidate);
    if (await isThere(file)) return file;
  }
  return undefined;
}

async function readIdx(file: string, rank: 1 | 3): Promise<Idx> {
  const source = await readGzipped(file, MAX_BYTES);
  // The header first: it says how much may come out of the rest.
  const { dimensions, start, end } = parseHeader(await source.start(), rank, file);
  const bytes = await source.content(end, `more than its header says: ${OVERLONG}`);
  if (bytes.length === end) return { dimensions, values: bytes.subarray(start) };
  const fault = bytes.length < end ? "it is truncated" : OVERLONG;
  throw unexpected(file, `${end} bytes for dimensions ${dimensions.join("x")}`, `${bytes.length}: ${fault}`);
}

/** Magic number (0x08 for unsigned bytes, and the rank), then the dimensions as big-endian words. */
function parseHeader(bytes: Uint8Array, rank: 1 | 3, file: string): IdxHeader {
  const what = rank === 3 ? "an IDX file of pictures" : "an IDX file of labels";
  const start = 4 + 4 * rank;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = 0x0800 + rank;
  if (bytes.length >= 4 && view.getUint32(0) !== magic) {
    throw unexpected(file, `${what} (magic number ${hex(magic)})`, `magic number ${hex(view.getUint32(0))}`);
  }
  if (bytes.length < start)
    throw unexpected(file, `${what}, at least ${start} bytes`, `${bytes.length} bytes`);

  const dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const end = start + dimensions.reduce((product, dimension) => product * dimension);
  if (dimensions.includes(0) || end > MAX_BYTES) {
    throw unexpected(file, `${what}, of 1 byte to 1 GiB`, `dimensions ${dimensions.join("x")}`);
  }
  return { dimensions, start, end };
}

const OVERLONG = "there is something after its end";

function hex(word: number): string {
  return `0x${word.toString(16).padStart(8, "0")}`;
}

/** The format of MNIST. Takes every file that is of no other format. */
export const idx: Format = {
  help: "an IDX file",
  canResize: false,
  recognises: isFile,
  open: openIdx,
};
