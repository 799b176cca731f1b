import { expected, NextpixelError, wholeNumber } from "../basics/errors.ts";
import { bitsPerDim } from "../basics/units.ts";
import { labelsAmong } from "../data/classes.ts";
import { pictureLength, type Dataset, type PictureSize } from "../data/dataset.ts";
import { capability, familyOf } from "../families/by-name.ts";
import { checkFits, checkLimit } from "./run-dataset.ts";
import { fidelityOf, type Fidelity } from "./fidelity.ts";
import { scoreDataset, type ScoredBatch } from "../programs/score-dataset.ts";
import { openImportanceScorer, openScorer } from "../programs/scorer.ts";
import type { SavedModel } from "../run/saved-model.ts";
import type { SessionOptions } from "../runtime/ort.ts";
import { checkThreads } from "../runtime/threads.ts";
import { picturesOf, type PartOfWork, type PictureRange } from "./part-of-work.ts";

export interface ScoreOptions extends SessionOptions {
  /** Only the first pictures. */
  readonly limit?: number | undefined;
  /** Sums classes out even if the pictures have labels: which class is likeliest is then compared with them. */
  readonly classify?: boolean | undefined;
  /**
   * Of models with latents: draws of them for each picture, by which the bound becomes tighter, and the time
   * longer. One, and the KL divergence without a draw, if it is not given.
   */
  readonly importanceSamples?: number | undefined;
  /** Only those of this part; pictures are counted as in the whole. */
  readonly part?: PartOfWork | undefined;
  /**
   * Of models that can complete pictures: 1 for pixels that are given, [rows, cols], of all pictures alike. The
   * likelihood is that of the others, as completions are drawn.
   */
  readonly isGiven?: Uint8Array | undefined;
  /** Called with every batch, in order. */
  readonly onBatch?: ((batch: ScoredBatch) => void | Promise<void>) | undefined;
}

/** What is known of a score before any picture is scored. */
export type ScoreKind = Pick<Score, "likelihood" | "bound" | "importanceSamples" | "givenPixels" | "classes">;

/** Scores of some of the pictures of a data set, one by one. */
export interface PictureScores extends PictureRange {
  /** All that are to be scored, in this part and in others. */
  readonly total: number;
  readonly kind: ScoreKind;
  readonly nats: readonly number[];
  /** How many of them are likeliest of their own class, if that was compared. */
  readonly correct: number | undefined;
}

/** Means over pictures. */
export interface Score {
  readonly images: number;
  /** Whether the numbers are the likelihood itself, or a bound on it. */
  readonly likelihood: "exact" | "bound";
  /**
   * What bounds -log p from above: -ELBO, the evidence lower bound (Kingma, Welling 2014); the bound with importance
   * samples (Burda et al. 2016); or, of codes of a tokenizer, -log P(codes) - log p(picture | codes). Undefined if it
   * is exact.
   */
  readonly bound: "elbo" | "importance-weighted" | "codes" | undefined;
  /** How many were drawn for each picture, if they were asked for. */
  readonly importanceSamples: number | undefined;
  /** Of a model that has codes of pictures: what the codes keep of them. */
  readonly fidelity: Fidelity | undefined;
  /** Pixels of a picture that were given; undefined if the likelihood is of whole pictures. */
  readonly givenPixels: number | undefined;
  /** -log p of a picture, or of its pixels that are not given, or the bound of it, in nats. */
  readonly nllNats: number;
  readonly bitsPerDim: number;
  /** Standard error of `nllNats` as an estimate of the mean over all such pictures. */
  readonly nllNatsStandardError: number;
  /**
   * Of a class-conditional model: "given", p(x | class) with each picture's own class, or "summed out", p(x), where the
   * prior of a class is its frequency among the training pictures. Undefined for other models.
   */
  readonly classes: "given" | "summed out" | undefined;
  /**
   * Fraction of the pictures whose likeliest class (Bayes' rule) is their own. Undefined if there were no labels to
   * compare with.
   */
  readonly accuracy: number | undefined;
}

const BATCH = 64;
/** Importance samples of a picture that are computed together. */
const SAMPLES_AT_ONCE = 8;
const MAX_SAMPLES = 1_000_000;
/** Bound on the sub-pixels that are scored under all classes together. */
const MAX_SUB_PIXELS = 2 ** 25;

/**
 * The likelihood of pictures, exact or a bound of it (see `Score`), given their classes if the model is
 * class-conditional and the pictures have labels.
 *
 * @throws as `scorePictures`
 */
export async function score(model: SavedModel, dataset: Dataset, options: ScoreOptions = {}): Promise<Score> {
  return wholeScore(model, dataset, await scorePictures(model, dataset, options), options);
}

/** The means of scores of pictures, and what codes keep of these pictures, if the model has codes. */
export async function wholeScore(
  model: SavedModel,
  dataset: Dataset,
  scores: PictureScores,
  options: Pick<ScoreOptions, "threads">,
): Promise<Score> {
  const mean = meanScore(scores, model.config.size);
  return familyOf(model.config).can.codes
    ? { ...mean, fidelity: await fidelityOf(model, dataset, scores.total, options) }
    : mean;
}

/** The means of scores of pictures of a size. */
export function meanScore(
  { nats, kind, correct }: Pick<PictureScores, "nats" | "kind" | "correct">,
  size: PictureSize,
): Score {
  const count = nats.length;
  const mean = nats.reduce((total, one) => total + one, 0) / count;
  const squares = nats.reduce((total, one) => total + (one - mean) ** 2, 0);
  const { likelihood, bound, importanceSamples, givenPixels, classes } = kind;
  return {
    images: count,
    likelihood,
    bound,
    importanceSamples,
    givenPixels,
    fidelity: undefined,
    nllNats: mean,
    bitsPerDim: bitsPerDim(mean, missingLength(size, givenPixels)),
    nllNatsStandardError: Math.sqrt(squares / Math.max(count - 1, 1) / count),
    classes,
    accuracy: correct === undefined ? undefined : correct / count,
  };
}

/**
 * Scores pictures one by one, see `score`.
 *
 * @throws ARGUMENT if the size, levels or classes of the data set are not those that the model was trained on, if a
 * model without classes is to classify, or if there are too many parts; DIVERGED if the model gives no finite likelihood
 */
export async function scorePictures(
  model: SavedModel,
  dataset: Dataset,
  options: ScoreOptions = {},
): Promise<PictureScores> {
  const { likelihood, bound, trace } = capability(model.config, "score");
  checkFits(model, dataset);
  if (options.part && familyOf(model.config).can.codes)
    throw expected(
      "ARGUMENT",
      "no part",
      "the pictures of a model with codes, of which all are counted,",
      "one",
      "part",
    );
  checkThreads(options.threads);
  checkLimit(options.limit);
  const { importanceSamples, isGiven } = options;
  if (importanceSamples !== undefined) wholeNumber(importanceSamples, "importance samples", 1, MAX_SAMPLES);
  const total = Math.min(options.limit ?? dataset.count, dataset.count);
  const { classes, size } = model.config;
  if (options.classify && !classes) {
    throw new NextpixelError(
      "ARGUMENT",
      "expected a model that knows classes to classify, received one that was trained without",
      { about: ["train.classConditional"] },
    );
  }
  const own = classes && dataset.labels && labelsAmong(dataset, classes);
  const labels = options.classify ? undefined : own;
  if (isGiven) checkGivenPixels(model, isGiven, classes !== undefined && labels === undefined);
  const subPixels = (labels || !classes ? 1 : classes.length) * pictureLength(size);
  const atOnce = Math.max(1, Math.min(BATCH, total, Math.floor(MAX_SUB_PIXELS / subPixels)));
  const scorer =
    importanceSamples === undefined
      ? await openScorer(trace(model.config, atOnce, isGiven), model.weights, options)
      : await importanceScorer(model, atOnce, importanceSamples, options);
  const all: number[] = [];
  let correct = 0;
  try {
    const pictures = picturesOf(options.part, total, scorer.batch);
    for await (const batch of scoreDataset(scorer, dataset, { ...pictures, labels, classes, size })) {
      checkFinite(model, batch);
      const isCorrect = (posterior: Float64Array, i: number) =>
        likeliest(posterior) === own?.[batch.first + i];
      correct += batch.posteriors?.filter(isCorrect).length ?? 0;
      all.push(...batch.nats);
      await options.onBatch?.(batch);
    }
    const kind: ScoreKind = {
      likelihood,
      bound: importanceSamples === undefined ? bound : "importance-weighted",
      importanceSamples,
      givenPixels: isGiven && countGiven(isGiven),
      classes: classes && (labels ? "given" : "summed out"),
    };
    return { ...pictures, total, kind, nats: all, correct: own && !labels ? correct : undefined };
  } finally {
    await scorer.close();
  }
}

/** How many pixels of a picture are given. */
export const countGiven = (isGiven: Uint8Array): number => isGiven.filter((one) => one !== 0).length;

/** Sub-pixels of a picture that are not given. */
export const missingLength = (size: PictureSize, givenPixels = 0): number =>
  pictureLength(size) - size.channels * givenPixels;

/** Checks that a model can tell the likelihood of pixels given others. @throws ARGUMENT */
function checkGivenPixels({ config }: SavedModel, isGiven: Uint8Array, areClassesSummed: boolean): void {
  capability(config, "complete");
  if (capability(config, "score").likelihood !== "exact")
    throw expected("ARGUMENT", "a model with an exact likelihood", "scoring with given pixels", config.model);
  const pixels = config.size.rows * config.size.cols;
  const count = isGiven.length === pixels ? countGiven(isGiven) : undefined;
  if (count === undefined || count === pixels)
    throw expected("ARGUMENT", `${pixels} values, one of them 0,`, "which pixels are given", isGiven.length);
  if (areClassesSummed)
    throw expected(
      "ARGUMENT",
      "pictures with labels",
      "scoring with given pixels",
      "classes to be summed out",
    );
}

function importanceScorer(model: SavedModel, batch: number, count: number, options: ScoreOptions) {
  const trace = capability(model.config, "importance");
  const samples = Math.min(count, SAMPLES_AT_ONCE);
  const graph = trace(model.config, Math.ceil(batch / samples), samples);
  return openImportanceScorer(graph, count, model.weights, options);
}

/** The number of the most probable class. */
export const likeliest = (posterior: Float32Array | Float64Array): number =>
  posterior.indexOf(Math.max(...posterior));

function checkFinite({ step }: SavedModel, { first, nats }: ScoredBatch): void {
  const bad = nats.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new NextpixelError(
    "DIVERGED",
    `the likelihood of picture ${first + bad} is not a finite number: the weights of step ${step} are of no use`,
  );
}
