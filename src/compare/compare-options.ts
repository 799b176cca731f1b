import { expected, wholeNumber } from "../basics/errors.ts";
import type { OpenOptions } from "../data/open.ts";
import { checkThreads } from "../runtime/threads.ts";
import type { TrainRequest } from "../train/request.ts";

/** What to compare, and how. */
export interface CompareOptions extends Pick<OpenOptions, "onWarning" | "download"> {
  /** Run folders, all trained on the same pictures. */
  readonly runs: readonly string[];
  /** Pictures that are drawn of each run; 2,000 by default. */
  readonly samples?: number | undefined;
  /** Of the classifier, of what is drawn and of which pictures are chosen; 0 by default. */
  readonly seed?: number | undefined;
  /** Seeds that each recipe is trained with, the run itself among them; 1 by default. */
  readonly seeds?: number | undefined;
  /** The folder for the report, which is made; other seeds are trained below it. Needed if there are any. */
  readonly out?: string | undefined;
  /** Also bounds the likelihood by so many draws of the latents for each picture. */
  readonly importanceSamples?: number | undefined;
  /** Needed if the runs were trained on a `Dataset` and not on a data set with a name. */
  readonly pictures?: Partial<Pick<TrainRequest, "dataset" | "valid">> | undefined;
  /** Steps that the classifier is trained for; 30 passes over the pictures by default, at most 1,000 steps. */
  readonly classifierSteps?: number | undefined;
  /** All cores by default. */
  readonly threads?: number | undefined;
  /** Ends the comparison with an INTERRUPTED error. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: CompareEvent) => void) | undefined;
}

/** How far a comparison is. */
export interface CompareEvent {
  /** What is being done: "drawing gan", "training the classifier". */
  readonly what: string;
  /** The share of it that is done, from 0 to 1. */
  readonly done: number;
}

export const COMPARE_DEFAULTS = { samples: 2000, seed: 0, seeds: 1 } as const;

/** With fewer, nothing could be said at all. */
export const LEAST_SAMPLES = 10;
const MOST_SAMPLES = 1_000_000;
const MOST_SEEDS = 100;

/** The options with their defaults. @throws ARGUMENT if one is out of its range */
export function checkedOptions(options: CompareOptions): { samples: number; seed: number; seeds: number } {
  const {
    samples = COMPARE_DEFAULTS.samples,
    seed = COMPARE_DEFAULTS.seed,
    seeds = COMPARE_DEFAULTS.seeds,
  } = options;
  wholeNumber(samples, "samples", LEAST_SAMPLES, MOST_SAMPLES);
  wholeNumber(seed, "the seed", 0);
  wholeNumber(seeds, "seeds", 1, MOST_SEEDS);
  if (options.importanceSamples !== undefined)
    wholeNumber(options.importanceSamples, "importance samples", 1);
  if (options.classifierSteps !== undefined)
    wholeNumber(options.classifierSteps, "steps of the classifier", 1);
  checkThreads(options.threads);
  if (seeds > 1 && options.out === undefined)
    throw expected("ARGUMENT", "a folder to train other seeds in", "out", "none");
  return { samples, seed, seeds };
}
