import { bitsPerDim } from "../basics/units.ts";
import type { Dataset, PictureSize } from "../data/dataset.ts";
import { writeAtomically } from "../files/atomic-write.ts";
import { encodeNpy } from "../pictures/npy.ts";
import type { SavedModel } from "../run/saved-model.ts";
import { joinArrays } from "../tasks/joined-parts.ts";
import {
  likeliest,
  missingLength,
  scorePictures,
  type PictureScores,
  type ScoreOptions,
} from "../tasks/score.ts";
import { StatusLine } from "./output.ts";

/** Scores of pictures one by one, with all that is asked for of each. */
export interface Scores extends Pick<PictureScores, "nats" | "kind" | "correct"> {
  /** p(class | picture), [pictures, classes], if classes were summed out. */
  readonly posteriors: Float64Array | undefined;
  /** Of every sub-pixel, if that is asked for. */
  readonly pixels: Float32Array | undefined;
}

/** What is to be scored, and what is to be told of each picture. */
export interface ScoresAsked extends Omit<ScoreOptions, "onBatch"> {
  /** The file for the nats of every sub-pixel. */
  readonly perPixel?: string | undefined;
}

/** Scores pictures, with progress on stderr. */
export async function scoresOf(
  model: SavedModel,
  dataset: Dataset,
  { perPixel, ...options }: ScoresAsked,
): Promise<Scores & PictureScores> {
  const posteriors: number[] = [];
  const pixels: Float32Array[] = [];
  const count = Math.min(options.limit ?? dataset.count, dataset.count);
  const status = new StatusLine();
  const scores = await scorePictures(model, dataset, {
    ...options,
    onBatch({ first, nats, perSubPixel, posteriors: own }) {
      for (const posterior of own ?? []) posteriors.push(...posterior);
      if (perSubPixel && perPixel !== undefined) pixels.push(perSubPixel.slice());
      status.show(`scored ${first + nats.length} of ${count}`);
    },
  });
  status.clear();
  return {
    ...scores,
    posteriors: posteriors.length > 0 ? Float64Array.from(posteriors) : undefined,
    pixels: perPixel === undefined ? undefined : joinArrays(pixels),
  };
}

/** What was scored: pictures of this size, by a model with classes of these names. */
export interface Scored {
  readonly size: PictureSize;
  readonly classes: readonly string[];
}

export const scoredBy = ({ config: { size, classes } }: SavedModel): Scored => ({
  size,
  classes: classes?.map(({ name }) => name) ?? [],
});

/** Writes a line of JSON for each picture. @throws WRITE */
export async function writePerImage(
  file: string,
  { nats, posteriors, kind }: Scores,
  { size, classes }: Scored,
): Promise<void> {
  const length = missingLength(size, kind.givenPixels);
  const lines = nats.map((nllNats, index) => {
    const guess =
      posteriors &&
      guessOf(posteriors.subarray(index * classes.length, (index + 1) * classes.length), classes);
    return JSON.stringify({ index, nllNats, bitsPerDim: bitsPerDim(nllNats, length), ...guess });
  });
  await writeAtomically(file, `${lines.join("\n")}\n`);
}

/** Writes the nats of every sub-pixel, [pictures, channels, rows, cols]. @throws WRITE */
export async function writePerPixel(
  file: string,
  pixels: Float32Array,
  { channels, rows, cols }: PictureSize,
): Promise<void> {
  const count = pixels.length / (channels * rows * cols);
  await writeAtomically(file, encodeNpy(pixels, [count, channels, rows, cols]));
}

/** The likeliest class of a picture, and how likely it is. */
function guessOf(
  posterior: Float64Array,
  names: readonly string[],
): { class: string; classProbability: number } {
  const guess = likeliest(posterior);
  return { class: names[guess]!, classProbability: posterior[guess]! };
}
