import { logPrior, type PictureClass } from "../data/classes.ts";
import { pictureLength, type Dataset, type PictureSize } from "../data/dataset.ts";
import { readAhead } from "../data/read-ahead.ts";
import { classMixture } from "./class-mixture.ts";
import type { Scorer } from "./scorer.ts";

/** Scores of one batch of a data set. */
export interface ScoredBatch {
  /** Index of the first picture. */
  readonly first: number;
  /** -log p of each picture, in nats. */
  readonly nats: readonly number[];
  /**
   * -log p of every sub-pixel in nats, [pictures, channels, rows, cols]; undefined if the model cannot tell them
   * apart.
   */
  readonly perSubPixel: Float32Array | undefined;
  /** p(class | picture) of each class for each picture, if classes were summed out. */
  readonly posteriors: readonly Float64Array[] | undefined;
}

export interface ScoreDatasetOptions {
  /** The number of the first picture; 0 by default. */
  readonly first?: number | undefined;
  /** How many there are from there on; by default all. */
  readonly count?: number | undefined;
  /** The number of every picture's class: p is given the class. */
  readonly labels?: Int32Array | undefined;
  /** Of the pictures that are scored, if others come with them: see `paired`. */
  readonly size?: PictureSize | undefined;
  /** Classes to sum out, where there are no labels: see `classMixture`. */
  readonly classes?: readonly PictureClass[] | undefined;
}

/** Scores the pictures of a data set in order, batch by batch. */
export async function* scoreDataset(
  scorer: Scorer,
  dataset: Dataset,
  {
    first: start = 0,
    count = dataset.count - start,
    labels,
    classes,
    size = dataset.size,
  }: ScoreDatasetOptions = {},
): AsyncGenerator<ScoredBatch> {
  const end = start + count;
  const indicesFrom = (first: number) =>
    Array.from({ length: Math.min(scorer.batch, end - first) }, (_, i) => first + i);
  const read = (batch: number) => dataset.read(indicesFrom(start + batch * scorer.batch));
  const next = readAhead(read, 0, Math.ceil(count / scorer.batch));
  for (let first = start; first < end; first += scorer.batch) {
    const indices = indicesFrom(first);
    const pictures = await next();
    const given = (own: ArrayLike<number> | undefined) => scorer.nats(pictures, { labels: own, first });

    let values: Float32Array;
    let posteriors: readonly Float64Array[] | undefined;
    if (labels || !classes) {
      values = await given(labels?.subarray(first, first + indices.length));
    } else {
      const perClass: Float32Array[] = [];
      for (let k = 0; k < classes.length; k++) perClass.push(await given(indices.map(() => k)));
      const isWhole = perClass[0]!.length === indices.length;
      const mixed = isWhole ? { channels: 1, rows: 1, cols: 1 } : size;
      ({ perSubPixel: values, posteriors } = classMixture(perClass, logPrior(classes), mixed));
    }
    const length = values.length / indices.length;
    // Summed in float64, so that the sum adds no error to that of the float32 logits.
    const nats = indices.map((_, i) =>
      values.subarray(i * length, (i + 1) * length).reduce((total, value) => total + value, 0),
    );
    const perSubPixel = length === pictureLength(size) ? values : undefined;
    yield { first, nats, perSubPixel, posteriors };
  }
}
