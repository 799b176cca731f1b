import { philox4x32, Purpose, seedKey, uniform } from "../basics/philox.ts";
import { pictureLength, type CropPlace, type Dataset } from "../data/dataset.ts";
import { trainingOrder } from "../data/order.ts";
import type { Range } from "../programs/shares.ts";

/** What training sees in one step, or the part of it that one process sees. */
export interface TrainingBatch {
  /** Numbers of the pictures. */
  readonly indices: Uint32Array;
  /** [pictures, channels, rows, cols] */
  readonly levels: Uint8Array;
  /** The classes of the pictures, if they are known. */
  readonly labels: Int32Array | undefined;
}

export interface BatchOptions {
  readonly batch: number;
  /** Which pictures of each batch are wanted, by their places 0 .. batch-1: all by default. */
  readonly part?: Range | undefined;
  readonly seed: number;
  /** Whether the data set's crops are at random places; in the centre otherwise. */
  readonly crop: boolean;
  /** Whether pictures are flipped left to right half of the time. */
  readonly mirror: boolean;
  /** The class of each picture of the data set, if they are wanted. */
  readonly labels?: ArrayLike<number> | undefined;
}

/**
 * The batch of step number `step` (from 0), in the order of `trainingOrder`. Crops and flips are drawn anew for each
 * use of a picture. They are a function of the seed and of how many pictures were used before, so that training can go
 * on from any step.
 *
 * @throws as `Dataset.read`
 */
export function trainingBatches(
  pictures: Dataset,
  { batch, part = { start: 0, end: batch }, seed, crop, mirror, labels }: BatchOptions,
): (step: number) => Promise<TrainingBatch> {
  const order = trainingOrder(pictures.count, seed);
  const key = seedKey(seed);
  const length = pictureLength(pictures.size);
  const viewOf = (use: number): CropPlace & { readonly isMirrored: boolean } => {
    const counter = [use >>> 0, Math.floor(use / 2 ** 32), 0, Purpose.views] as const;
    const [down, across, side] = philox4x32(counter, key);
    return { down: uniform(down), across: uniform(across), isMirrored: uniform(side) < 0.5 };
  };
  return async (step) => {
    const indices = order(step, batch).subarray(part.start, part.end);
    const views = Array.from(indices, (_, i) => viewOf(step * batch + part.start + i));
    const levels = await pictures.read(indices, crop ? views : undefined);
    if (mirror) {
      for (const [i, { isMirrored }] of views.entries())
        if (isMirrored) flip(levels.subarray(i * length, (i + 1) * length), pictures.size.cols);
    }
    return { indices, levels, labels: labels && Int32Array.from(indices, (index) => labels[index]!) };
  };
}

/** Reverses every row of a picture, in place. */
function flip(levels: Uint8Array, cols: number): void {
  for (let start = 0; start < levels.length; start += cols) levels.subarray(start, start + cols).reverse();
}
