import { expected, NextpixelError } from "../basics/errors.ts";
import { bitsPerDim } from "../basics/units.ts";
import { pictureLength, type Dataset } from "../data/dataset.ts";
import { buildNetwork } from "../programs/network.ts";
import { scoreDataset, type ScoredBatch } from "../programs/score-dataset.ts";
import { openScorer } from "../programs/scorer.ts";
import type { SavedModel } from "../run/saved-model.ts";
import type { SessionOptions } from "../runtime/ort.ts";

export interface ScoreOptions extends SessionOptions {
  /** Only the first pictures. */
  readonly limit?: number | undefined;
  /** Called with every batch, in order. */
  readonly onBatch?: ((batch: ScoredBatch) => void | Promise<void>) | undefined;
}

/** Means over pictures. */
export interface Score {
  readonly images: number;
  /** -log p of a picture, in nats. */
  readonly nllNats: number;
  readonly bitsPerDim: number;
  /** Standard error of `nllNats` as an estimate of the mean over all such pictures. */
  readonly nllNatsStandardError: number;
}

const BATCH = 64;

/**
 * The exact likelihood of pictures. ARGUMENT error if the data set's size or levels are not those that the model was
 * trained on; DIVERGED error if the model gives no finite likelihood.
 */
export async function score(model: SavedModel, dataset: Dataset, options: ScoreOptions = {}): Promise<Score> {
  checkFits(model, dataset);
  const count = Math.min(options.limit ?? dataset.count, dataset.count);
  const network = buildNetwork(model.config, Math.min(BATCH, count));
  const scorer = await openScorer(network, model.weights, options);
  const all: number[] = [];
  try {
    for await (const batch of scoreDataset(scorer, dataset, count)) {
      checkFinite(model, batch);
      all.push(...batch.nats);
      await options.onBatch?.(batch);
    }
  } finally {
    await scorer.close();
  }
  const mean = all.reduce((total, nats) => total + nats, 0) / count;
  const squares = all.reduce((total, nats) => total + (nats - mean) ** 2, 0);
  return {
    images: count,
    nllNats: mean,
    bitsPerDim: bitsPerDim(mean, pictureLength(dataset.size)),
    nllNatsStandardError: Math.sqrt(squares / Math.max(count - 1, 1) / count),
  };
}

/** Checks that a data set has the size and levels of a model's pictures. ARGUMENT error. */
export function checkFits({ config: { size, levels } }: SavedModel, dataset: Dataset): void {
  const describe = (shape: typeof size, count: number) =>
    `pictures of ${shape.cols}x${shape.rows}, ${shape.channels} channel(s), ${count} levels`;
  const [wanted, received] = [describe(size, levels), describe(dataset.size, dataset.levels)];
  if (wanted !== received) throw expected("ARGUMENT", wanted, `data set ${dataset.name}`, received);
}

function checkFinite({ step }: SavedModel, { first, nats }: ScoredBatch): void {
  const bad = nats.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new NextpixelError(
    "DIVERGED",
    `the likelihood of picture ${first + bad} is not a finite number: the weights of step ${step} are of no use`,
  );
}
