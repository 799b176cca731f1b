import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { constants, gunzip, type ZlibOptions } from "node:zlib";
import { NextpixelError } from "../basics/errors.ts";
import { readBounded } from "../files/bounded-read.ts";
import { memoryDataset, type Dataset } from "./dataset.ts";
import { checkLevels, quantise } from "./quantise.ts";

/** Largest IDX file, before and after decompression. */
const MAX_BYTES = 2 ** 30;
/** Enough of a gzip file to hold the header of the IDX file in it, behind a file name of any usual length. */
const GZIP_PREFIX = 4096;

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
 * The grey pictures of an IDX file (the format of MNIST), plain or gzipped, as [count, 1, rows, cols]. Labels come
 * from the file beside it whose name has `labels-idx1` in place of `images-idx3`, where there is one. NOT_FOUND
 * error when the file cannot be read, FORMAT error when it, or the file of labels, is not what it should be.
 */
export async function openIdx(file: string, levels = 256, name = file): Promise<Dataset> {
  checkLevels(levels);
  const { dimensions, values } = await readIdx(file, 3);
  const [count, rows, cols] = dimensions as readonly [number, number, number];
  return memoryDataset({
    name,
    size: { channels: 1, rows, cols },
    levels,
    pixels: quantise(values, levels),
    labels: await readLabels(file, count),
  });
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

async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch {
    return false;
  }
}

async function readIdx(file: string, rank: 1 | 3): Promise<Idx> {
  const packed = await readBounded(file, MAX_BYTES);
  const gzipped = packed[0] === 0x1f && packed[1] === 0x8b;
  // The header first: it says how much may come out of the rest.
  const { dimensions, start, end } = parseHeader(
    gzipped ? await unzipStart(packed, file) : packed,
    rank,
    file,
  );
  const bytes = gzipped ? await unzip(packed, { maxOutputLength: end }, file) : packed;
  if (bytes.length === end) return { dimensions, values: bytes.subarray(start) };
  const fault = bytes.length < end ? "it is truncated" : OVERLONG;
  throw unexpected(file, `${end} bytes for dimensions ${dimensions.join("x")}`, `${bytes.length}: ${fault}`);
}

async function unzipStart(packed: Uint8Array, file: string): Promise<Uint8Array> {
  // Flushing makes zlib give what it has where it would miss the end of the data.
  return unzip(packed.subarray(0, GZIP_PREFIX), { finishFlush: constants.Z_SYNC_FLUSH }, file);
}

async function unzip(packed: Uint8Array, options: ZlibOptions, file: string): Promise<Uint8Array> {
  try {
    return await promisify(gunzip)(packed, options);
  } catch (cause) {
    const tooMuch = cause instanceof RangeError;
    throw unexpected(
      file,
      "intact gzip data",
      tooMuch ? `more than its header says: ${OVERLONG}` : reasonOf(cause),
    );
  }
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

function unexpected(file: string, what: string, received: string): NextpixelError {
  return new NextpixelError("FORMAT", `${file}: expected ${what}, received ${received}`);
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function hex(word: number): string {
  return `0x${word.toString(16).padStart(8, "0")}`;
}
