import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isThere, readBounded } from "../../files/bounded-read.ts";
import { memoryAccess } from "../../files/random-access.ts";
import { decodeText } from "../../files/text.ts";
import { memoryDataset, pictureLength, type Dataset } from "../dataset.ts";
import type { Format, OpenOptions } from "./format.ts";
import { unexpected } from "../../files/unexpected.ts";
import { readGzipped } from "./gzipped.ts";
import { greyPixels } from "../picture-file.ts";
import { checkLevels, quantise } from "../quantise.ts";
import { tarEntries } from "./tar.ts";

/** Largest size of all files together, compressed and not: some 349,000 pictures. */
const MAX_BYTES = 2 ** 30;
const MAX_NAMES_BYTES = 2 ** 12;

const SIZE = { channels: 3, rows: 32, cols: 32 };
const PLANE = SIZE.rows * SIZE.cols;
/** One byte for the class, then the red, the green and the blue plane. */
const RECORD = 1 + pictureLength(SIZE);

const CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

const BINARY_NAME = /\.bin(\.gz)?$/i;
const BATCH_NAME = /^data_batch_(\d+)\.bin(\.gz)?$/;

/**
 * The files of a data set in CIFAR-10's binary format. A name that ends in `.bin` or `.bin.gz` is a file; several of
 * them with commas between are several files. A folder with `data_batch_1.bin` (or `.bin.gz`) and so on, as in the
 * official archive, means these training batches. Undefined if the name is none of that.
 */
export async function cifar10Files(name: string): Promise<readonly string[] | undefined> {
  if (BINARY_NAME.test(name)) {
    const parts = name.split(",");
    return parts.every((part) => BINARY_NAME.test(part)) ? parts : [name];
  }
  const batches = new Map<number, string>();
  // In reverse, so that of the same batch twice the one that is not packed counts.
  for (const entry of (await readdir(name).catch(() => [])).sort().reverse()) {
    const number = BATCH_NAME.exec(entry)?.[1];
    if (number !== undefined) batches.set(Number(number), join(name, entry));
  }
  const inOrder = [...batches].sort(([a], [b]) => a - b).map(([, file]) => file);
  return inOrder.length > 0 ? inOrder : undefined;
}

type Options = Pick<OpenOptions, "gray" | "channels" | "levels">;

/** Pictures one after the other, as they are in a file. */
interface Batch {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/**
 * The pictures of files in CIFAR-10's binary format, plain or gzipped, one file after the other: [count, 3, 32, 32], or
 * one channel on `gray`. Class names come from `batches.meta.txt` beside the first file, if it is there.
 *
 * @throws NOT_FOUND if a file cannot be read; FORMAT if its content is wrong.
 */
export async function openCifar10(
  files: readonly string[],
  options: Options,
  name = files.join(","),
): Promise<Dataset> {
  const batches: Batch[] = [];
  let left = MAX_BYTES;
  for (const file of files) {
    const bytes = await (await readGzipped(file, left)).content(left, `more than ${left} bytes`);
    batches.push({ file, bytes });
    left -= bytes.length;
  }
  return cifar10Dataset(batches, await classNamesBeside(files[0]!), options, name);
}

/**
 * The same of files in a gzipped tar archive, such as the official one.
 *
 * @throws NOT_FOUND if it cannot be read; FORMAT if its content is wrong.
 */
export async function openCifar10Archive(
  archive: string,
  members: readonly string[],
  options: Options,
  name: string,
): Promise<Dataset> {
  const packed = await readGzipped(archive, MAX_BYTES);
  const content = await packed.content(MAX_BYTES, `more than ${MAX_BYTES} bytes`);
  const files = await tarEntries(memoryAccess(content), archive);
  const batches = members.map((member) => {
    const found = files.get(member);
    const bytes = found && content.subarray(found.start, found.start + found.size);
    if (bytes) return { file: `${archive}: ${member}`, bytes };
    throw unexpected(archive, `an archive with ${member} in it`, [...files.keys()].join(", ") || "no file");
  });
  return cifar10Dataset(batches, CLASSES, options, name);
}

async function cifar10Dataset(
  batches: readonly Batch[],
  classNames: readonly string[],
  { levels = 256, gray, channels }: Options,
  name: string,
): Promise<Dataset> {
  checkLevels(levels);
  batches.forEach(checkRecords);
  const records = batches.length === 1 ? batches[0]!.bytes : Buffer.concat(batches.map(({ bytes }) => bytes));
  const count = records.length / RECORD;
  const isGrey = channels === 1 || (channels === undefined && gray === true);
  const values = isGrey ? await greyOf(records) : planesOf(records);
  return memoryDataset({
    name,
    size: isGrey ? { ...SIZE, channels: 1 } : SIZE,
    levels,
    pixels: quantise(values, levels),
    labels: Uint8Array.from({ length: count }, (_, picture) => records[picture * RECORD]!),
    classNames,
  });
}

function checkRecords({ file, bytes }: Batch): void {
  if (bytes.length === 0 || bytes.length % RECORD !== 0) {
    throw unexpected(file, `CIFAR-10 pictures of ${RECORD} bytes each`, `${bytes.length} bytes`);
  }
  for (let start = 0; start < bytes.length; start += RECORD) {
    const label = bytes[start]!;
    if (label >= CLASSES.length) {
      const where = `as the class of CIFAR-10 picture ${start / RECORD}`;
      throw unexpected(file, `a number from 0 to ${CLASSES.length - 1} ${where}`, String(label));
    }
  }
}

/** [count, 3, 32, 32] */
function planesOf(records: Uint8Array): Uint8Array {
  const length = RECORD - 1;
  const planes = new Uint8Array((records.length / RECORD) * length);
  for (let start = 0, to = 0; to < planes.length; start += RECORD, to += length) {
    planes.set(records.subarray(start + 1, start + RECORD), to);
  }
  return planes;
}

/** [count, 32, 32] */
function greyOf(records: Uint8Array): Promise<Uint8Array> {
  const count = records.length / RECORD;
  const interleaved = new Uint8Array(count * (RECORD - 1));
  let to = 0;
  for (let start = 1; start < records.length; start += RECORD)
    for (let pixel = start; pixel < start + PLANE; pixel++)
      for (let plane = 0; plane < SIZE.channels; plane++) {
        interleaved[to++] = records[pixel + plane * PLANE]!;
      }
  return greyPixels(interleaved, { rows: count, cols: PLANE });
}

/** One name a line. The official file ends with an empty line. */
async function classNamesBeside(file: string): Promise<readonly string[]> {
  const path = join(dirname(file), "batches.meta.txt");
  if (!(await isThere(path))) return CLASSES;
  const text = decodeText(await readBounded(path, MAX_NAMES_BYTES), path);
  const names = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const count = new Set(names).size;
  if (count === CLASSES.length && count === names.length) return names;
  throw unexpected(path, `different names of ${CLASSES.length} classes, a line each`, names.join(", "));
}

/** CIFAR-10's binary format. */
export const cifar10: Format = {
  help: "CIFAR-10's .bin files",
  canResize: false,
  recognises: async (name) => (await cifar10Files(name)) !== undefined,
  open: async (name, options) => openCifar10((await cifar10Files(name))!, options, name),
};
