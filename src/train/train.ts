import { broadcastJson, type Communicator } from "../programs/communicator.ts";
import { cores } from "../runtime/workers/node.ts";
import { classesOf } from "../data/classes.ts";
import type { OpenOptions } from "../data/open.ts";
import { openTokenizer } from "../run/open-tokenizer.ts";
import type { Tokenizer } from "../run/tokenizer-file.ts";
import { readRunConfig, type RunConfig } from "../run/config.ts";
import { refusePacked } from "../run/run-folder.ts";
import type { DeviceChoice } from "../runtime/device.ts";
import { checkThreads } from "../runtime/threads.ts";
import { checkDatasetOptions, withValidation } from "./dataset-options.ts";
import { TRAIN_DEFAULTS } from "./defaults.ts";
import { chooseDevice } from "./device.ts";
import type { TrainEvent } from "./events.ts";
import { trainModel, type TrainResult } from "./loop.ts";
import { openPictures, stackedIfAsked, type RequestPictures } from "./pictures.ts";
import { checkPictures } from "./codes.ts";
import { configOf } from "./config-of-request.ts";
import { checkRequest, type RequestedTraining, type TrainRequest } from "./request.ts";
import { checkTokenizer, resumedRequest, type ResumeRequest } from "./resumed-request.ts";

export interface TrainOptions extends Pick<OpenOptions, "onWarning" | "download"> {
  /** Finishes the step, saves a checkpoint and throws an INTERRUPTED error; `resume` goes on from there. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
  /** All cores by default. */
  readonly threads?: number | undefined;
  /**
   * Processes that train together, see `joinCluster`. All are given the same, and the first one writes. A new run has
   * as many shares as all of them have threads.
   */
  readonly world?: Communicator | undefined;
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
 * @throws NOT_FOUND if there is no run; EXISTS if it is a packed model; ARGUMENT if the pictures are not the same as
 * before, or the steps are fewer; as `train`
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
): Promise<TrainResult> => {
  await refusePacked(run);
  const own = await broadcastJson(options.world, () => readRunConfig(run));
  if (asked.tokenizer !== undefined) checkTokenizer(run, own, (await openTokenizer(asked.tokenizer)).config);
  return trainAs(resumedRequest(run, own, asked), options, true);
};

async function trainAs(
  request: TrainRequest,
  options: TrainOptions,
  isResumed: boolean,
): Promise<TrainResult> {
  const { threads, signal, world, onEvent } = options;
  return trainModel({
    run: request.out,
    force: request.force ?? false,
    resume: isResumed,
    ...(await prepared(request, options)),
    threads,
    signal,
    world,
    onEvent,
  });
}

/** A request with its pictures opened, and everything that it leaves open decided. @throws as `train` */
export async function prepared(asked: RequestedTraining, options: TrainOptions): Promise<PreparedTraining> {
  checkThreads(options.threads);
  checkRequest(asked);
  checkDatasetOptions(asked);
  const tokenizer = asked.tokenizer === undefined ? undefined : await openTokenizer(asked.tokenizer);
  const request = await withValidation(asked, options.onWarning);
  const device = await chooseDevice(request.device ?? TRAIN_DEFAULTS.device, options.onWarning);
  const levels = request.levels ?? tokenizer?.model.config.levels;
  const both = stackedIfAsked(request, await openPictures({ ...request, levels }, options));
  const { train: pictures, conditionChannels } = both;
  const classes = request.classConditional ? classesOf(pictures) : undefined;
  if (tokenizer) checkPictures(tokenizer, pictures);
  const size = { ...pictures.size, channels: pictures.size.channels - (conditionChannels ?? 0) };
  const threads = (options.world?.size ?? 1) * (options.threads ?? cores());
  const config = configOf(
    { ...request, device },
    { ...pictures, size, classes, tokenizer: tokenizer?.config, conditionChannels },
    threads,
  );
  return { ...both, tokenizer, config };
}

export interface PreparedTraining extends RequestPictures {
  readonly config: RunConfig;
  /** Of a network that draws codes. */
  readonly tokenizer: Tokenizer | undefined;
}
