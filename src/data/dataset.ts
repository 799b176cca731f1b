import { expected, NextpixelError, wholeNumber } from "../basics/errors.ts";
import { permutation, Purpose } from "../basics/philox.ts";
import { mapConcurrently } from "../basics/concurrent.ts";
import { checkLevels } from "./quantise.ts";

export interface PictureSize {
  readonly channels: number;
  readonly rows: number;
  readonly cols: number;
}

/** The size of a picture in pixels, without its channels. */
export type Extent = Pick<PictureSize, "rows" | "cols">;

/** The place of a crop in a picture: 0 is the top or the left, just below 1 the bottom or the right. */
export interface CropPlace {
  readonly down: number;
  readonly across: number;
}

/** At least one picture, all of one size. */
export interface Dataset {
  readonly name: string;
  readonly count: number;
  readonly size: PictureSize;
  /** Sub-pixel values are whole numbers 0 .. levels-1. */
  readonly levels: number;
  /** Class of every picture, or undefined when the data set has none. */
  readonly labels: Int32Array | undefined;
  /** The names of classes 0, 1, ...: there if and only if there are labels, and every label has one. */
  readonly classNames: readonly string[] | undefined;
  /** The path of each picture's file inside the data set; not there if pictures are not in files of their own. */
  readonly nameOf?: ((index: number) => string) | undefined;
  /**
   * Levels of the pictures at `indices`, [indices.length, channels, rows, cols]. If they are crops of larger pictures,
   * `places` says where each crop is; by default it is in the centre.
   *
   * @throws ARGUMENT on a bad index; a folder that is read when needed also throws the errors of `openFolder`.
   */
  read(indices: ArrayLike<number>, places?: readonly CropPlace[]): Promise<Uint8Array>;
}

export interface MemoryDataset {
  readonly name: string;
  readonly size: PictureSize;
  readonly levels: number;
  /** Levels (not 8-bit values) of all pictures, [count, channels, rows, cols]. */
  readonly pixels: Uint8Array;
  readonly labels?: ArrayLike<number> | undefined;
  /** When left out, the classes of labelled pictures are called "0", "1", ... */
  readonly classNames?: readonly string[] | undefined;
}

/** Number of sub-pixels of one picture. */
export function pictureLength({ channels, rows, cols }: PictureSize): number {
  return channels * rows * cols;
}

/**
 * A data set whose pictures are all in memory.
 *
 * @throws ARGUMENT when its parts do not fit together.
 */
export function memoryDataset({ name, size, levels, pixels, ...classes }: MemoryDataset): Dataset {
  wholeNumber(size.channels, "channels", 1);
  wholeNumber(size.rows, "rows", 1);
  wholeNumber(size.cols, "cols", 1);
  checkLevels(levels);
  const length = pictureLength(size);
  if (pixels.length === 0 || pixels.length % length !== 0) {
    throw expected("ARGUMENT", `a multiple of ${length} sub-pixels`, name, pixels.length);
  }
  const tooHigh = levels < 256 ? pixels.find((level) => level >= levels) : undefined;
  if (tooHigh !== undefined) throw expected("ARGUMENT", `levels below ${levels}`, name, tooHigh);
  const count = pixels.length / length;
  return {
    name,
    count,
    size,
    levels,
    ...checkClasses(classes.labels, classes.classNames, count),
    async read(indices) {
      const batch = new Uint8Array(checkIndices(indices, count).length * length);
      for (let i = 0; i < indices.length; i++) {
        batch.set(pixels.subarray(indices[i]! * length, (indices[i]! + 1) * length), i * length);
      }
      return batch;
    },
  };
}

/**
 * How many pictures are read from files at the same time. sharp decodes in libuv's threads, of which there are four by
 * default.
 */
export const PICTURES_AT_ONCE = 4;

/** A data set whose pictures are read one by one, each as its levels, [channels, rows, cols]. */
export function pictureDataset(
  about: Omit<Dataset, "read">,
  picture: (index: number, place: CropPlace | undefined) => Promise<Uint8Array>,
): Dataset {
  const { count, size } = about;
  const length = pictureLength(size);
  return {
    ...about,
    async read(indices, places) {
      const batch = new Uint8Array(checkIndices(indices, count).length * length);
      await mapConcurrently(Array.from(indices), PICTURES_AT_ONCE, async (index, i) => {
        batch.set(await picture(index, places?.[i]), i * length);
      });
      return batch;
    },
  };
}

/**
 * The pictures of a data set at `indices`, in that order.
 *
 * @throws ARGUMENT on none at all or on a bad index.
 */
export function subset(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  if (indices.length === 0)
    throw new NextpixelError("ARGUMENT", `no pictures for a subset of ${dataset.name}`);
  const chosen = Uint32Array.from(checkIndices(indices, dataset.count));
  const { name, size, levels, labels, classNames } = dataset;
  return {
    name,
    count: chosen.length,
    size,
    levels,
    labels: labels && Int32Array.from(chosen, (index) => labels[index]!),
    classNames,
    read: async (picks, places) =>
      dataset.read(
        Uint32Array.from(checkIndices(picks, chosen.length), (pick) => chosen[pick]!),
        places,
      ),
  };
}

/** The first `count` pictures of a data set, or all if it has fewer. */
export const firstOf = (dataset: Dataset, count: number): Dataset =>
  count >= dataset.count
    ? dataset
    : subset(
        dataset,
        Uint32Array.from({ length: count }, (_, i) => i),
      );

/**
 * Holds out a fraction (between 0 and 1) of the pictures for validation. The same seed gives the same pictures.
 *
 * @throws ARGUMENT if either side would have no picture.
 */
export function holdOut(
  dataset: Dataset,
  fraction: number,
  seed: number,
): { train: Dataset; valid: Dataset } {
  if (!Number.isFinite(fraction) || fraction <= 0 || fraction >= 1) {
    throw expected("ARGUMENT", "a number between 0 and 1", "the fraction to hold out", fraction);
  }
  wholeNumber(seed, "seed", 0);
  const held = Math.round(dataset.count * fraction);
  if (held === 0 || held === dataset.count) {
    throw new NextpixelError(
      "ARGUMENT",
      `holding out ${fraction} of the ${dataset.count} pictures of ${dataset.name} leaves none for ${held === 0 ? "validation" : "training"}`,
    );
  }
  const order = permutation(dataset.count, seed, Purpose.split);
  return {
    train: subset(dataset, order.slice(held).sort()),
    valid: subset(dataset, order.slice(0, held).sort()),
  };
}

function checkIndices(indices: ArrayLike<number>, count: number): ArrayLike<number> {
  for (let i = 0; i < indices.length; i++) wholeNumber(indices[i]!, "picture index", 0, count - 1);
  return indices;
}

/**
 * Labels and the names of their classes, which are "0", "1", ... when they are left out.
 *
 * @throws ARGUMENT when they do not fit together.
 */
export function checkClasses(
  labels: ArrayLike<number> | undefined,
  classNames: readonly string[] | undefined,
  count: number,
): Pick<Dataset, "labels" | "classNames"> {
  if (labels === undefined) {
    if (classNames !== undefined) throw expected("ARGUMENT", "labels beside class names", "labels", labels);
    return { labels: undefined, classNames: undefined };
  }
  if (labels.length !== count) throw expected("ARGUMENT", `${count} numbers`, "labels", labels.length);
  const repeated = classNames?.find((name, label) => classNames.indexOf(name) !== label);
  if (repeated !== undefined)
    throw expected("ARGUMENT", "a name of its own for each class", "class names", repeated);
  const most = classNames === undefined ? MAX_CLASSES : classNames.length;
  let highest = 0;
  for (let i = 0; i < count; i++) highest = Math.max(highest, wholeNumber(labels[i]!, "label", 0, most - 1));
  return {
    labels: Int32Array.from(labels),
    classNames: classNames ?? Array.from({ length: highest + 1 }, (_, label) => String(label)),
  };
}

/** Largest number of classes that get their names from numeric labels. */
export const MAX_CLASSES = 2 ** 16;
