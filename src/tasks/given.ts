import { expected } from "../basics/errors.ts";
import { labelsAmong } from "../data/classes.ts";
import type { Dataset, PictureSize } from "../data/dataset.ts";
import { readMask } from "../data/mask.ts";
import { apart } from "../data/pairs.ts";
import type { SavedModel } from "../run/saved-model.ts";
import { picturesOf, type PartOfWork } from "./part-of-work.ts";
import { checkFits, checkLimit, openRunDataset, type ReadOptions } from "./run-dataset.ts";

/** Which pixels of the pictures to be completed are given. */
export interface GivenOptions {
  /** The first rows; half of them if nothing is said. */
  readonly rows?: number | undefined;
  /** In place of rows: those that are white in this picture, a file; or a half of the picture, see `HALVES`. */
  readonly mask?: string | undefined;
}

/** Halves of pictures that a mask may name: whether a pixel is in it. */
const IN_HALF: Readonly<Record<string, (row: number, col: number, size: PictureSize) => boolean>> = {
  upper: (row, _, { rows }) => row < Math.floor(rows / 2),
  lower: (row, _, { rows }) => row >= Math.floor(rows / 2),
  left: (_, col, { cols }) => col < Math.floor(cols / 2),
  right: (_, col, { cols }) => col >= Math.floor(cols / 2),
};

/** The names of these halves. */
export const HALVES: readonly string[] = Object.keys(IN_HALF);

/** 1 for pixels that are given, [rows, cols]. @throws as `readMask`; ARGUMENT if there are fewer rows */
export async function givenPixels({ rows, mask }: GivenOptions, size: PictureSize): Promise<Uint8Array> {
  if (mask !== undefined) {
    const isIn = Object.hasOwn(IN_HALF, mask) ? IN_HALF[mask] : undefined;
    if (!isIn) return readMask(mask, size);
    return Uint8Array.from({ length: size.rows * size.cols }, (_, i) =>
      Number(isIn(Math.floor(i / size.cols), i % size.cols, size)),
    );
  }
  const first = rows ?? Math.floor(size.rows / 2);
  if (!Number.isInteger(first) || first < 0 || first > size.rows) {
    throw expected("ARGUMENT", `a whole number from 0 to ${size.rows}`, "the given rows", first, "rows");
  }
  return new Uint8Array(size.rows * size.cols).fill(1, 0, first * size.cols);
}

export interface PicturesOptions extends ReadOptions {
  /** Only the first pictures. */
  readonly limit?: number | undefined;
  /** Only those of this part of them. */
  readonly part?: PartOfWork | undefined;
}

/**
 * Pictures for a model to complete or encode, the first `limit` of a data set, or a part of them, in which `together`
 * stay together: levels, and their classes if the model is class-conditional and they have labels. Of a model that is
 * conditioned on other pictures, these too.
 *
 * @throws ARGUMENT if they do not fit the model, or if there are too many parts; as `openDataset`
 */
export async function openGiven(
  model: SavedModel,
  dataset: string | Dataset,
  { limit, part, ...options }: PicturesOptions,
  together = 1,
) {
  const { size, classes, field } = model.config;
  const channels = size.channels === 1 ? 1 : 3;
  const opened =
    typeof dataset === "string" ? await openRunDataset(model, dataset, { channels, ...options }) : dataset;
  checkFits(model, opened);
  checkLimit(limit);
  const total = Math.min(limit ?? opened.count, opened.count);
  const { first, count } = picturesOf(part, total, together);
  const read = await opened.read(Array.from({ length: count }, (_, i) => first + i));
  const [pictures, conditions] =
    field?.kind === "picture" ? apart(read, size, field.channels) : [read, undefined];
  return {
    total,
    first,
    count,
    pictures,
    field: conditions,
    labels: classes && opened.labels && labelsAmong(opened, classes).subarray(first, first + count),
  };
}
