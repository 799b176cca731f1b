import { expected, wholeNumber } from "../basics/errors.ts";
import { pictureLength } from "../data/dataset.ts";
import { collect, type DrawnPictures } from "../programs/drawn-pictures.ts";
import { checkCount } from "../programs/sampler.ts";
import type { SavedModel } from "../run/saved-model.ts";
import { openSampler, type SampleOptions } from "./sample.ts";

export interface CompleteOptions extends Omit<SampleOptions, "count" | "first" | "given"> {
  /** Levels [n, channels, rows, cols]. */
  readonly pictures: Uint8Array;
  /** 1 where a pixel is given, 0 where it is drawn, of all pictures alike: [rows, cols]. */
  readonly isGiven: Uint8Array;
  /** The number of the first of them; 0 if not given. */
  readonly first?: number | undefined;
  /** Completions of each picture; 1 if not given. */
  readonly count?: number | undefined;
  /**
   * The number of each picture's class, for all its completions. Instead of `classes`, which the completions have in
   * turn.
   */
  readonly labels?: ArrayLike<number> | undefined;
}

/**
 * Draws the pixels that are not given, in raster order: each given all pixels before it, given or drawn. Given pixels
 * that come later (below it, or to its right in the same row) have no influence on it, unless the model was trained to
 * read all that is given (`TrainRequest.completeAny`). The result holds all completions
 * of the first picture, then those of the second, and so on; its nats are those of the drawn pixels. Completion j of
 * picture i is drawn with the random numbers of picture i * count + j of the seed.
 *
 * @throws ARGUMENT if what is given does not fit the model's pictures, or if the model has no such class; as
 * `openSampler` and `stream`
 */
export async function complete(model: SavedModel, options: CompleteOptions): Promise<DrawnPictures> {
  const { pictures, isGiven, first: picture = 0, count: each = 1, labels, field, ...rest } = options;
  wholeNumber(each, "the completions of each picture", 1);
  const sampler = openSampler(model, options, "complete");
  try {
    const length = pictureLength(sampler.size);
    const given = pictures.length / length;
    if (!Number.isInteger(given) || given === 0) {
      throw expected("ARGUMENT", `a multiple of ${length} sub-pixels`, "the given pictures", pictures.length);
    }
    const count = given * each;
    checkCount(count, sampler.size);
    const levels = repeated(pictures, length, each);
    const first = picture * each;
    // Classes are taken in turn from picture 0 on, which may not be here.
    const labelOf = (i: number) => labels![Math.floor(((i + count - (first % count)) % count) / each)]!;
    const own = labels && Array.from({ length: count }, (_, i) => labelOf(i));
    return await collect(sampler, {
      ...rest,
      first,
      count,
      classes: own ?? rest.classes,
      field: field && repeated(field, field.length / given, each),
      given: { levels, isGiven },
    });
  } finally {
    sampler.close();
  }
}

/** Every `length` bytes `times` times over. */
function repeated(bytes: Uint8Array, length: number, times: number): Uint8Array {
  const all = new Uint8Array(bytes.length * times);
  for (let start = 0; start < bytes.length; start += length)
    for (let time = 0; time < times; time++) {
      all.set(bytes.subarray(start, start + length), start * times + time * length);
    }
  return all;
}
