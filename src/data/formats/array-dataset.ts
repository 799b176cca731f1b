import { NextpixelError, numberFrom } from "../../basics/errors.ts";
import { unexpected } from "../../files/unexpected.ts";
import {
  checkClasses,
  MAX_CLASSES,
  memoryDataset,
  pictureDataset,
  pictureLength,
  type Dataset,
} from "../dataset.ts";
import { countLevels, warnOfLevels } from "../levels.ts";
import { greyPixels } from "../picture-file.ts";
import { checkLevels, quantise } from "../quantise.ts";
import { checkAxes, layoutOf, type ArrayLayout } from "./array-layout.ts";
import type { OpenOptions } from "./format.ts";
import type { NpyArray } from "./npy-array.ts";
import { MEMORY } from "./picture-files.ts";

/** Pictures of an array, and the class of each. */
export interface LabelledArray {
  readonly pictures: NpyArray;
  readonly labels: NpyArray | undefined;
}

/** 8-bit values of an array's pictures: some that follow each other, [count, channels, rows, cols]. */
type ReadPictures = (first: number, count: number) => Promise<Uint8Array>;

/** Largest picture, in numbers. */
const MAX_LENGTH = 2 ** 27;
/** Numbers that are read at once when all are. */
const PIECE = 2 ** 20;

/**
 * The data set of an array's pictures. They stay in the file, and are read when they are needed, if they take more than
 * `memory`: this needs an array in which each picture lies by itself.
 *
 * @throws ARGUMENT if options are missing that tell the layout or the value of white; FORMAT if there are values that
 * are not between 0 and white, or labels that do not fit; the errors of the file.
 */
export async function openArrays(
  { pictures, labels }: LabelledArray,
  options: OpenOptions,
  name: string,
): Promise<Dataset> {
  if (options.levels !== undefined) checkLevels(options.levels);
  const layout = layoutOf(pictures, options.layout === undefined ? undefined : checkAxes(options.layout));
  const isGrey = options.channels === 1 || (options.channels === undefined && options.gray === true);
  const size = isGrey ? { ...layout.size, channels: 1 } : layout.size;
  const classes =
    labels && options.labels !== false ? await readLabels(labels, layout.count, pictures.file) : undefined;
  const read = await readerOf(pictures, layout, options);
  const values: ReadPictures =
    size.channels === layout.size.channels
      ? read
      : async (first, count) => greyOf(await read(first, count), layout, count);

  const { count } = layout;
  const { memory = MEMORY, onWarning } = options;
  const length = pictureLength(size);
  const isInMemory = count * length <= memory;
  const kept = new Uint8Array(isInMemory ? count * length : 0);
  const counter = countLevels();
  let isCounting = options.levels === undefined;
  const step = Math.max(1, Math.floor(PIECE / length));
  for (let first = 0; first < count; first += step) {
    if (!isInMemory && !isCounting) break;
    const piece = await values(first, Math.min(step, count - first));
    isCounting &&= counter.add(piece);
    if (isInMemory) kept.set(piece, first * length);
  }
  const levels = options.levels ?? counter.levels();
  if (options.levels === undefined) warnOfLevels(name, levels, onWarning);
  if (isInMemory)
    return memoryDataset({ name, size, levels, pixels: quantise(kept, levels), labels: classes });
  return pictureDataset(
    { name, count, size, levels, ...checkClasses(classes, undefined, count) },
    async (index) => quantise(await values(index, 1), levels),
  );
}

/** Reads pictures of an array from where it is; the whole array, once, if they do not lie one after the other. */
async function readerOf(
  { file, type, bytesEach, isLittle, values }: NpyArray,
  { count, size, strides }: ArrayLayout,
  { white: given, memory = MEMORY }: OpenOptions,
): Promise<ReadPictures> {
  const length = pictureLength(size);
  if (length > MAX_LENGTH) throw unexpected(file, `pictures of at most ${MAX_LENGTH} values`, String(length));
  const isApart = count === 1 || strides.picture === length;
  if (!isApart && values.size > memory) {
    const what = `pictures that lie one after the other in an array of more than ${memory} bytes`;
    throw unexpected(file, what, "pictures that do not");
  }
  const all = isApart ? undefined : await values.read(0, values.size);
  const white = whiteOf(file, type, given);
  const scale = 255 / white;
  // Of most arrays: much faster than to read number by number.
  const isBytes = type.name === "uint8" && white === 255;
  return async (first, some) => {
    const bytes = all ?? (await values.read(first * length * bytesEach, some * length * bytesEach));
    if (bytes.length < (all ? values.size : some * length * bytesEach))
      throw unexpected(file, "all the values that were there when it was opened", "fewer");
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const read = new Uint8Array(some * length);
    let to = 0;
    for (let picture = 0; picture < some; picture++) {
      const start = (all ? first + picture : picture) * (count === 1 ? 0 : strides.picture);
      for (let channel = 0; channel < size.channels; channel++)
        for (let row = 0; row < size.rows; row++) {
          let at = start + channel * strides.channel + row * strides.row;
          for (let col = 0; col < size.cols; col++, at += strides.col) {
            if (isBytes) {
              read[to++] = bytes[at]!;
              continue;
            }
            const value = type.read(view, at * bytesEach, isLittle);
            if (!(value >= 0 && value <= white)) throw outside(file, first + picture, value, white);
            read[to++] = Math.round(value * scale);
          }
        }
    }
    return read;
  };
}

/** The value of white: what is given, or the type's own. */
function whiteOf(file: string, type: NpyArray["type"], given: number | undefined): number {
  if (given !== undefined) return numberFrom(given, "white", Number.MIN_VALUE, Number.MAX_VALUE);
  if (type.white !== undefined) return type.white;
  const wanted = `the value of white, such as 1 or 255, for the ${type.name} numbers of ${file}`;
  throw new NextpixelError("ARGUMENT", `expected ${wanted}, received none`, { about: ["white"] });
}

const outside = (file: string, picture: number, value: number, white: number): NextpixelError =>
  new NextpixelError(
    "FORMAT",
    `${file}: expected values from 0 to ${white}, received ${value} in picture ${picture}`,
    { about: ["white"] },
  );

/** [count, 3, rows, cols] to [count, rows, cols]. */
function greyOf(planes: Uint8Array, { size }: ArrayLayout, count: number): Promise<Uint8Array> {
  const area = size.rows * size.cols;
  const pixels = new Uint8Array(planes.length);
  for (let picture = 0, to = 0; picture < count; picture++)
    for (let pixel = 0; pixel < area; pixel++)
      for (let plane = 0; plane < size.channels; plane++)
        pixels[to++] = planes[(picture * size.channels + plane) * area + pixel]!;
  return greyPixels(pixels, { rows: count * size.rows, cols: size.cols });
}

/** Labels [count] or [count, 1], in whole numbers. */
async function readLabels(labels: NpyArray, count: number, pictures: string): Promise<Int32Array> {
  const { file, shape, type, bytesEach, isLittle, values } = labels;
  const [numbers, ...more] = shape;
  if (numbers !== count || more.some((extent) => extent !== 1) || !type.isWhole) {
    const wanted = `${count} whole numbers, a label for each picture of ${pictures}`;
    throw unexpected(file, wanted, `${type.name} of the shape [${shape.join(", ")}]`);
  }
  const bytes = await values.read(0, values.size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Int32Array.from({ length: count }, (_, i) => {
    const label = type.read(view, i * bytesEach, isLittle);
    if (label >= 0 && label < MAX_CLASSES) return label;
    throw unexpected(file, `a label from 0 to ${MAX_CLASSES - 1} for picture ${i}`, String(label));
  });
}
