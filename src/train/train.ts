import { expected } from "../basics/errors.ts";
import { classesOf } from "../data/classes.ts";
import { cropped } from "../data/crop.ts";
import { holdOut, type Dataset } from "../data/dataset.ts";
import { openDataset, type OpenOptions } from "../data/open.ts";
import { readRunConfig } from "../run/config.ts";
import type { TrainEvent } from "./events.ts";
import { trainNetwork, type TrainResult } from "./loop.ts";
import type { DeviceChoice } from "../runtime/device.ts";
import { checkThreads } from "../runtime/threads.ts";
import { chooseDevice } from "./device.ts";
import { checkRequest, configOf, requestOf, TRAIN_DEFAULTS, type TrainRequest } from "./request.ts";

export interface TrainOptions extends Pick<OpenOptions, "onWarning" | "download"> {
  /** Finishes the step, saves a checkpoint and throws an INTERRUPTED error; `resume` goes on from there. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
  /** All cores by default. */
  readonly threads?: number | undefined;
}

/**
 * Trains a network and leaves behind a run folder. ARGUMENT error if the request makes no sense, or does not fit the pictures;
 * errors as of `openDataset`, `chooseDevice` and `trainNetwork`.
 */
export const train = (request: TrainRequest, options: TrainOptions = {}): Promise<TrainResult> =>
  trainAs(request, options, false);

/**
 * Goes on with a run from its last checkpoint, as if it had never been stopped: the weights are the same to the last bit.
 * `pictures` are needed if the run was not trained on data sets with names; with a `device` in place of the run's own the weights
 * are the same but for rounding. NOT_FOUND error if there is no run, ARGUMENT error if
 * the pictures are others than before; other errors as of `train`.
 */
export async function resume(
  run: string,
  options: TrainOptions & {
    readonly pictures?: Partial<Pick<TrainRequest, "dataset" | "valid">>;
    readonly device?: DeviceChoice | undefined;
  } = {},
): Promise<TrainResult> {
  const request = requestOf(await readRunConfig(run));
  const { pictures, device = request.device } = options;
  return trainAs({ ...request, ...pictures, device, out: run }, options, true);
}

async function trainAs(
  request: TrainRequest,
  options: TrainOptions,
  isResumed: boolean,
): Promise<TrainResult> {
  checkThreads(options.threads);
  checkRequest(request);
  const device = await chooseDevice(request.device ?? TRAIN_DEFAULTS.device, options.onWarning);
  const { train: pictures, valid } = await openBoth(request, options);
  const classes = request.classConditional ? classesOf(pictures) : undefined;
  const { threads, signal, onEvent } = options;
  return trainNetwork({
    run: request.out,
    force: request.force ?? false,
    resume: isResumed,
    config: configOf({ ...request, device }, { ...pictures, classes }, threads),
    train: pictures,
    valid,
    threads,
    signal,
    onEvent,
  });
}

async function openBoth(
  request: TrainRequest,
  { onWarning, download }: TrainOptions,
): Promise<{ train: Dataset; valid: Dataset }> {
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
  // The same levels as the training pictures have, whatever the second data set would take by itself.
  const valid = await open(name, all.levels);
  const extent = ({ size }: Dataset) => `${size.cols}x${size.rows} with ${size.channels} channel(s)`;
  if (extent(all) !== extent(valid))
    throw expected("ARGUMENT", `pictures of ${extent(all)}`, valid.name, extent(valid));
  return { train: all, valid };
}
