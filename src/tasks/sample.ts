import { expected } from "../basics/errors.ts";
import { pictureLength } from "../data/dataset.ts";
import { buildNetwork } from "../programs/network.ts";
import { openSampler, type DrawOptions } from "../programs/sampler.ts";
import type { SavedModel } from "../run/saved-model.ts";
import type { SessionOptions } from "../runtime/ort.ts";

export interface SampleOptions extends Omit<DrawOptions, "first">, SessionOptions {
  readonly count: number;
}

/** Pictures that are drawn together at most. */
const LARGEST_BATCH = 64;

/** Bound on the sub-pixels of all pictures together, one byte each. */
const MAX_BYTES = 2 ** 30;

/**
 * Draws new pictures: levels [count, channels, rows, cols]. Picture k of a seed is the same however many are drawn.
 * ARGUMENT error if they would be more than 1 GiB.
 */
export async function sample(model: SavedModel, options: SampleOptions): Promise<Uint8Array> {
  const { count, onProgress } = options;
  const length = pictureLength(model.config.size);
  const most = Math.floor(MAX_BYTES / length);
  if (count > most) {
    throw expected("ARGUMENT", `at most ${most} pictures of ${length} sub-pixels`, "the count", count);
  }
  const batch = Math.min(count, LARGEST_BATCH);
  const pictures = new Uint8Array(count * length);
  const sampler = await openSampler(buildNetwork(model.config, batch), model.weights, options);
  try {
    for (let first = 0; first < count; first += batch) {
      const share = (done: number) => onProgress?.(Math.min(1, (first + done * batch) / count));
      const drawn = await sampler.draw({ ...options, first, onProgress: share });
      pictures.set(drawn.subarray(0, (count - first) * length), first * length);
    }
    return pictures;
  } finally {
    await sampler.close();
  }
}
