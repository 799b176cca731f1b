import { pictureLength, type Dataset } from "../data/dataset.ts";
import type { Scorer } from "./scorer.ts";

/** Scores of one batch of a data set. */
export interface ScoredBatch {
  /** Index of the first picture. */
  readonly first: number;
  /** -log p of each picture, in nats. */
  readonly nats: readonly number[];
  /** -log p of every sub-pixel in nats, [pictures, channels, rows, cols]. */
  readonly perSubPixel: Float32Array;
}

/** Scores the first `limit` pictures of a data set in order, batch by batch. `weights` as for the scorer. */
export async function* scoreDataset(
  scorer: Scorer,
  dataset: Dataset,
  limit = dataset.count,
  weights?: Float32Array,
): AsyncGenerator<ScoredBatch> {
  const length = pictureLength(dataset.size);
  const count = Math.min(limit, dataset.count);
  for (let first = 0; first < count; first += scorer.batch) {
    const indices = Array.from({ length: Math.min(scorer.batch, count - first) }, (_, i) => first + i);
    const perSubPixel = await scorer.nats(await dataset.read(indices), weights);
    // Added up in float64: a picture's nats are exact to the last bit that float32 logits have to give.
    const nats = indices.map((_, i) =>
      perSubPixel.subarray(i * length, (i + 1) * length).reduce((total, value) => total + value, 0),
    );
    yield { first, nats, perSubPixel };
  }
}
