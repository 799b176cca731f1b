import { classesOf } from "../data/classes.ts";
import type { OpenOptions } from "../data/open.ts";
import { readRunConfig, type RunConfig } from "../run/config.ts";
import type { TrainEvent } from "./events.ts";
import { trainModel, type TrainResult } from "./loop.ts";
import type { DeviceChoice } from "../runtime/device.ts";
import { checkThreads } from "../runtime/threads.ts";
import { checkDatasetOptions, withValidation } from "./dataset-options.ts";
import { chooseDevice } from "./device.ts";
import { openPictures, stackedIfAsked, type RequestPictures } from "./pictures.ts";
import { TRAIN_DEFAULTS } from "./defaults.ts";
import { checkRequest, configOf, type RequestedTraining, type TrainRequest } from "./request.ts";
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
): Promise<RequestPictures & { readonly config: RunConfig }> {
  checkThreads(options.threads);
  checkRequest(asked);
  checkDatasetOptions(asked);
  const request = await withValidation(asked, options.onWarning);
  const device = await chooseDevice(request.device ?? TRAIN_DEFAULTS.device, options.onWarning);
  const both = stackedIfAsked(request, await openPictures(request, options));
  const { train: pictures, conditionChannels } = both;
  const classes = request.classConditional ? classesOf(pictures) : undefined;
  const size = { ...pictures.size, channels: pictures.size.channels - (conditionChannels ?? 0) };
  const config = configOf(
    { ...request, device },
    { ...pictures, size, classes, conditionChannels },
    options.threads,
  );
  return { ...both, config };
}
