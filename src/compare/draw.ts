import { hash } from "../basics/hash.ts";
import { philox4x32, Purpose, seedKey, uniform } from "../basics/philox.ts";
import type { PictureClass } from "../data/classes.ts";
import { pictureLength } from "../data/dataset.ts";
import { collect } from "../programs/drawn-pictures.ts";
import { checkCount } from "../programs/sampler.ts";
import type { SavedModel } from "../run/saved-model.ts";
import { openSampler } from "../tasks/sample.ts";
import { median } from "./nearest-training.ts";
import { throwIfAborted } from "./interruption.ts";

export interface DrawOptions {
  readonly count: number;
  readonly seed: number;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the share that is done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** What a model has drawn. */
export interface Drawn {
  /** Levels [count, channels, rows, cols]. */
  readonly pictures: Uint8Array;
  /** Median over the parts that they were drawn in. */
  readonly msPerPicture: number;
}

/** Pictures that are drawn in one part, and parts that there are at least, as far as parts are not too small. */
const LARGEST_PART = 256;
const SMALLEST_PART = 32;
const PARTS = 8;

/**
 * Draws pictures as a model's training pictures are distributed: of a class-conditional model, the class of each is
 * drawn first, as often as the class is among the training pictures.
 *
 * @throws as `openSampler`; ARGUMENT if the pictures would be more than 1 GiB; INTERRUPTED, or the signal's reason,
 * if it is aborted
 */
export async function drawPictures(
  model: SavedModel,
  { count, seed, threads, signal, onProgress }: DrawOptions,
): Promise<Drawn> {
  checkCount(count, model.config.size);
  const pictures = new Uint8Array(count * pictureLength(model.config.size));
  const part = Math.min(
    LARGEST_PART,
    Math.max(SMALLEST_PART, SMALLEST_PART * Math.ceil(count / PARTS / SMALLEST_PART)),
  );
  const classes = model.config.classes && drawnClasses(model.config.classes, count, seed);
  const milliseconds: number[] = [];
  const sampler = openSampler(model, { workers: threads });
  try {
    // The first picture waits for programs that are compiled.
    await collect(sampler, { count: 1, seed });
    for (let first = 0; first < count; first += part) {
      throwIfAborted(signal);
      const here = Math.min(part, count - first);
      const started = performance.now();
      // In turn from the first picture of the seed on, so that picture `first` is of the first of these classes.
      const own = classes?.slice(first, first + here);
      const turns = own && Array.from(own, (_, i) => own[(i + here - (first % here)) % here]!);
      const drawn = await collect(sampler, { count: here, first, seed, classes: turns, signal });
      milliseconds.push((performance.now() - started) / here);
      pictures.set(drawn.pictures, first * pictureLength(model.config.size));
      onProgress?.((first + here) / count);
    }
  } finally {
    sampler.close();
  }
  return { pictures, msPerPicture: median(milliseconds) };
}

/** The numbers of classes, each as probable as among the training pictures; a function of seed and picture. */
function drawnClasses(classes: readonly PictureClass[], count: number, seed: number): number[] {
  const total = classes.reduce((sum, { pictures }) => sum + pictures, 0);
  const ends: number[] = [];
  for (const { pictures } of classes) ends.push((ends.at(-1) ?? 0) + pictures / total);
  const [key, stream] = [seedKey(seed), hash("classes of drawn pictures")];
  return Array.from({ length: count }, (_, picture) => {
    const u = uniform(philox4x32([picture, 0, stream, Purpose.noise], key)[0]);
    const label = ends.findIndex((end) => u < end);
    // The last end may be rounded to less than 1.
    return label < 0 ? classes.findLastIndex(({ pictures }) => pictures > 0) : label;
  });
}
