import { expected } from "../basics/errors.ts";
import { classesOf } from "../data/classes.ts";
import { cropped } from "../data/crop.ts";
import { holdOut, type Dataset } from "../data/dataset.ts";
import { openDataset, type OpenOptions } from "../data/open.ts";
import { stacked } from "../data/stack.ts";
import { readRunConfig, type RunConfig } from "../run/config.ts";
import type { TrainEvent } from "./events.ts";
import { trainModel, type TrainResult } from "./loop.ts";
import type { DeviceChoice } from "../runtime/device.ts";
import { checkThreads } from "../runtime/threads.ts";
import { checkDatasetOptions, formOf, withValidation } from "./dataset-options.ts";
import { chooseDevice } from "./device.ts";
import {
  checkRequest,
  configOf,
  TRAIN_DEFAULTS,
  type RequestedTraining,
  type TrainRequest,
} from "./request.ts";
import { resumedRequest, type ResumeRequest } from "./resumed-request.ts";

export interface TrainOptions extends Pick<OpenOptions, "onWarning" | "download"> {
  /** Finishes the step, saves a checkpoint and throws an INTERRUPTED error; `resume` goes on from there. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
  /** All cores by default. */
  readonly threads?: number | undefined;
}

/**
 * Trains a network and writes a run folder.
 *
 * @throws ARGUMENT if the request makes no sense, or does not fit the pictures; as `openDataset`, `chooseDevice` and
 * `trainModel`
 */
export const train = (request: TrainRequest, options: TrainOptions = {}): Promise<TrainResult> =>
  trainAs(request, options, false);

export interface ResumeOptions extends TrainOptions {
  /** Needed if the run was trained on a `Dataset` and not on a data set with a name. */
  readonly pictures?: Partial<Pick<TrainRequest, "dataset" | "valid">>;
  /** Instead of the run's own device: weights then differ by rounding. */
  readonly device?: DeviceChoice | undefined;
  /**
   * The total number of steps, if it is to be higher than before. The learning rate then follows the schedule for that
   * number.
   */
  readonly steps?: number | undefined;
}

/**
 * Resumes a run from its last checkpoint. The weights are the same, to the last bit, as without interruption.
 *
 * @throws NOT_FOUND if there is no run; ARGUMENT if the pictures are not the same as before, or the steps are fewer; as
 * `train`
 */
export const resume = (
  run: string,
  { pictures, device, steps, ...options }: ResumeOptions = {},
): Promise<TrainResult> => resumeAsked(run, { ...pictures, device, steps }, options);

/** The same, for a request that repeats or extends the earlier one. @throws as `resumedRequest` and `resume` */
export const resumeAsked = async (
  run: string,
  asked: ResumeRequest,
  options: TrainOptions,
): Promise<TrainResult> => trainAs(resumedRequest(run, await readRunConfig(run), asked), options, true);

async function trainAs(
  request: TrainRequest,
  options: TrainOptions,
  isResumed: boolean,
): Promise<TrainResult> {
  const { threads, signal, onEvent } = options;
  return trainModel({
    run: request.out,
    force: request.force ?? false,
    resume: isResumed,
    ...(await prepared(request, options)),
    threads,
    signal,
    onEvent,
  });
}

/** A request with its pictures opened, and everything that it leaves open decided. @throws as `train` */
export async function prepared(
  asked: RequestedTraining,
  options: TrainOptions,
): Promise<Both & { readonly config: RunConfig }> {
  checkThreads(options.threads);
  checkRequest(asked);
  checkDatasetOptions(asked);
  const request = await withValidation(asked, options.onWarning);
  const device = await chooseDevice(request.device ?? TRAIN_DEFAULTS.device, options.onWarning);
  const both = stackedIfAsked(request, await openBoth(request, options));
  const classes = request.classConditional ? classesOf(both.train) : undefined;
  return { ...both, config: configOf({ ...request, device }, { ...both.train, classes }, options.threads) };
}

interface Both {
  readonly train: Dataset;
  readonly valid: Dataset;
}

/** Both sets as they are, or stacks of each: no picture of the one gets into the other. */
const stackedIfAsked = ({ stack }: RequestedTraining, { train, valid }: Both): Both =>
  stack === undefined
    ? { train, valid }
    : { train: stacked(train, stack), valid: stacked(valid, valid.count) };

async function openBoth(request: RequestedTraining, { onWarning, download }: TrainOptions): Promise<Both> {
  const { gray, resize, crop, skipBad, classConditional: labels = false, valid: name } = request;
  const open = async (dataset: string | Dataset, levels: number | undefined) =>
    typeof dataset === "string"
      ? openDataset(dataset, { gray, resize, crop, skipBad, labels, onWarning, download, levels })
      : cropped(dataset, crop);
  const all = await open(
    request.dataset,
    request.levels ?? (request.likelihood === "bernoulli" ? 2 : undefined),
  );
  if (name === undefined) {
    const { validFraction = TRAIN_DEFAULTS.validFraction, seed = TRAIN_DEFAULTS.seed } = request;
    return holdOut(all, validFraction, seed);
  }
  // The levels of the training pictures, not those that would be chosen for this data set alone.
  const valid = await open(name, all.levels);
  if (formOf(all) !== formOf(valid))
    throw expected("ARGUMENT", `pictures of ${formOf(all)}`, valid.name, formOf(valid));
  return { train: all, valid };
}
