import { NextpixelError } from "../basics/errors.ts";
import { bitsPerDim } from "../basics/units.ts";
import { labelsAmong } from "../data/classes.ts";
import { pictureLength, type Dataset } from "../data/dataset.ts";
import { epochOf } from "../data/order.ts";
import { readAhead } from "../data/read-ahead.ts";
import { ADAM_DEFAULTS } from "../optim/adam.ts";
import { learningRate } from "../optim/schedule.ts";
import { buildNetwork } from "../programs/network.ts";
import {
  openDeviceTrainingStep,
  openTrainingStep,
  readState,
  releaseState,
  type TrainingState,
  type TrainingStep,
} from "../programs/training-step.ts";
import { saveBestCheckpoint, saveCheckpoint } from "../run/checkpoints.ts";
import type { RunConfig } from "../run/config.ts";
import { appendMetrics } from "../run/metrics.ts";
import { openEventFile } from "../run/tensorboard.ts";
import { toBestCheckpoint, toCheckpoint } from "../run/training-state.ts";
import type { Values } from "../runtime/values.ts";
import { trainingBatches } from "./batches.ts";
import type { MetricsRecord, TrainEvent } from "./events.ts";
import { drawPreview } from "./preview.ts";
import { beginRun, resumeRun } from "./start.ts";
import { openValidation } from "./validation.ts";

export interface LoopOptions {
  /** The run folder, which must not exist yet, or be empty, unless `force` is set. */
  readonly run: string;
  readonly force?: boolean;
  /** Goes on from the last checkpoint of the run, whose configuration has to be the same: as if it had never been stopped. */
  readonly resume?: boolean;
  readonly config: RunConfig;
  readonly train: Dataset;
  readonly valid: Dataset;
  readonly threads?: number | undefined;
  /** Finishes the step, saves a checkpoint and throws an INTERRUPTED error. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
}

export interface TrainResult {
  readonly step: number;
  /** Of the last validation, with the averaged weights. */
  readonly validNats: number;
  readonly validBitsPerDim: number;
  readonly seconds: number;
}

const RECORDS_PER_EVALUATION = 10;

/**
 * Trains a network and leaves behind a run folder. Errors: ARGUMENT if the network is to know classes and the
 * pictures have no labels, or others, or if it is to be trained with dropout and has none; EXISTS, WRITE, and to resume as of
 * `resumeRun`; DEVICE if a GPU is to train and none answers or it fails; DIVERGED when the loss is no number any more (the last
 * good checkpoint is kept); INTERRUPTED.
 */
export async function trainNetwork(options: LoopOptions): Promise<TrainResult> {
  const { run, train, valid, signal, onEvent = () => undefined } = options;
  const pictures = { train: train.count, valid: valid.count };
  const config = { ...options.config, data: { ...options.config.data, pictures } };
  const { training, network: networkConfig } = config;
  const { steps, batch, device = "cpu" } = training;
  const sessionOptions = { threads: options.threads };
  const subPixels = pictureLength(networkConfig.size);

  const { classes } = networkConfig;
  const labels = classes && labelsAmong(train, classes);
  const validLabels = classes && labelsAmong(valid, classes);
  const dropout =
    training.dropout === undefined ? undefined : { rate: training.dropout, seed: training.seed };
  const build = (pictures: number) =>
    buildNetwork(networkConfig, pictures, { dropout: dropout !== undefined });
  const { declarations } = build(1);
  const start = options.resume
    ? await resumeRun(run, config, declarations)
    : await beginRun(run, config, declarations, options.force ?? false);

  const events = await openEventFile(run);
  const openStep = device === "webgpu" ? openDeviceTrainingStep : openTrainingStep;
  const step: TrainingStep<Values> = await openStep(
    build,
    batch,
    { ...ADAM_DEFAULTS, clip: training.clip, ema: training.ema, dropout },
    { ...sessionOptions, shares: training.shares },
  );
  const validation = await openValidation(networkConfig, valid, validLabels, { ...sessionOptions, device });
  const batches = trainingBatches(train, {
    batch,
    seed: training.seed,
    crop: config.data.crop !== undefined,
    mirror: config.data.mirror ?? false,
  });
  const nextBatch = readAhead(batches, start.state.step, steps);

  const started = performance.now();
  let { saved, bestNats } = start;
  let state: TrainingState<Values> = start.state;
  let sums = { nats: 0, steps: 0, milliseconds: 0 };
  let lastValidNats: number | undefined;

  const save = async (good: TrainingState<Values>) => {
    if (saved === good.step) return;
    const checkpoint = toCheckpoint(await readState(good), declarations);
    const file = await saveCheckpoint(run, checkpoint, training.keep);
    saved = good.step;
    onEvent({ type: "checkpoint", step: good.step, file });
  };

  try {
    onEvent({
      type: "start",
      device,
      parameters: state.parameters.length,
      step: state.step,
      steps,
      trainPictures: train.count,
      validPictures: valid.count,
    });
    await save(state);
    while (state.step < steps) {
      if (signal?.aborted) throw interrupted(run, state.step);
      const begun = performance.now();
      const rate = learningRate({ rate: training.lr, ...training }, state.step + 1);
      const { indices, levels } = await nextBatch().catch(async (cause: unknown) => {
        await save(state);
        throw cause instanceof NextpixelError ? unread(run, cause) : cause;
      });
      const ownLabels = labels && Int32Array.from(indices, (index) => labels[index]!);
      const result = await step.run(state, new Float32Array(levels), rate, ownLabels);
      if (!Number.isFinite(result.nats) || !Number.isFinite(result.gradientNorm)) {
        releaseState(result.state);
        throw diverged(run, state.step + 1, saved);
      }
      // Only now is it known that the state before this step gives a finite loss, and is worth keeping.
      if (state.step % training.checkpointEvery === 0) await save(state);
      releaseState(state);
      state = result.state;
      sums = {
        nats: sums.nats + result.nats,
        steps: sums.steps + 1,
        milliseconds: sums.milliseconds + performance.now() - begun,
      };

      const trainNats = sums.nats / sums.steps;
      const measured = {
        step: state.step,
        epoch: epochOf(state.step, batch, train.count),
        trainNats,
        trainBitsPerDim: bitsPerDim(trainNats, subPixels),
        learningRate: rate,
        imagesPerSecond: (1000 * sums.steps * batch) / sums.milliseconds,
      };
      const secondsLeft = ((steps - state.step) * batch) / measured.imagesPerSecond;
      onEvent({ type: "progress", ...measured, secondsLeft });

      const isLast = state.step === steps;
      const isDue = (every: number) => isLast || state.step % every === 0;
      const isEvaluated = isDue(training.evalEvery);
      if (isEvaluated || isDue(Math.ceil(training.evalEvery / RECORDS_PER_EVALUATION))) {
        const validNats = isEvaluated ? await validation.nats(state.average) : null;
        const validBitsPerDim = validNats === null ? null : bitsPerDim(validNats, subPixels);
        const record = { ...measured, validNats, validBitsPerDim };
        if (validNats !== null && !Number.isFinite(validNats)) throw diverged(run, state.step, saved);
        await appendMetrics(run, record);
        await events.scalars(state.step, scalarsOf(record));
        onEvent({ type: "metrics", ...record });
        if (validNats !== null) {
          lastValidNats = validNats;
          const now = await readState(state);
          if (validNats < bestNats) {
            bestNats = validNats;
            await saveBestCheckpoint(run, toBestCheckpoint(now, declarations, validNats));
          }
          const { grid, ...preview } = await drawPreview(networkConfig, run, training.seed, now);
          await events.picture(state.step, "samples", grid);
          onEvent({ type: "preview", step: state.step, ...preview });
        }
        sums = { nats: 0, steps: 0, milliseconds: 0 };
      }
    }
    await save(state);
    // A run that is resumed at its end has nothing left to do.
    lastValidNats ??= await validation.nats(state.average);
  } catch (error) {
    if (error instanceof NextpixelError && error.code === "INTERRUPTED") await save(state);
    throw error instanceof NextpixelError && error.code === "WRITE" ? unwritten(run, error) : error;
  } finally {
    releaseState(state);
    await Promise.all([step.close(), validation.close()]);
  }
  return {
    step: state.step,
    validNats: lastValidNats,
    validBitsPerDim: bitsPerDim(lastValidNats, subPixels),
    seconds: (performance.now() - started) / 1000,
  };
}

/** What TensorBoard shows of a record: training and validation in one chart. */
function scalarsOf(record: MetricsRecord): Record<string, number> {
  const { trainNats, trainBitsPerDim, validNats, validBitsPerDim, learningRate, imagesPerSecond } = record;
  return {
    "nats/train": trainNats,
    "bits per dim/train": trainBitsPerDim,
    ...(validNats !== null && { "nats/valid": validNats }),
    ...(validBitsPerDim !== null && { "bits per dim/valid": validBitsPerDim }),
    "learning rate": learningRate,
    "images per second": imagesPerSecond,
  };
}

const interrupted = (run: string, step: number) =>
  new NextpixelError("INTERRUPTED", `interrupted after step ${step}; go on with: ${resuming(run)}`);

const unwritten = (run: string, cause: NextpixelError) =>
  new NextpixelError(cause.code, `${cause.message}; once it can be written, go on with: ${resuming(run)}`, {
    cause,
  });

const unread = (run: string, cause: NextpixelError) =>
  new NextpixelError(cause.code, `${cause.message}; once it can be read, go on with: ${resuming(run)}`, {
    cause,
  });

const resuming = (run: string): string => `nextpixel train --resume --out ${run}`;

const diverged = (run: string, step: number, saved: number) =>
  new NextpixelError(
    "DIVERGED",
    `the loss of step ${step} is not a finite number; the checkpoint of step ${saved} is kept in ${run}/checkpoints; ` +
      "try a lower --lr, a longer --warmup or a smaller --clip",
  );
