import { expected, NextpixelError } from "../basics/errors.ts";
import { Opened } from "../basics/opened.ts";
import { labelsAmong } from "../data/classes.ts";
import type { Dataset } from "../data/dataset.ts";
import { epochOf } from "../data/order.ts";
import { readAhead } from "../data/read-ahead.ts";
import { familyOf } from "../families/by-name.ts";
import { anyOf, type Communicator } from "../programs/communicator.ts";
import { openEvaluator } from "../programs/evaluator.ts";
import { parameterCount } from "../programs/parameters.ts";
import { bestFigureOf, type Figure } from "../programs/trainable.ts";
import { readState, releaseState, vectorOfParts, type TrainingState } from "../programs/training-state.ts";
import { openDeviceTrainingStep, openTrainingStep, type TrainingStep } from "../programs/training-step.ts";
import type { RunConfig } from "../run/config.ts";
import { saveFailure } from "../run/failure.ts";
import type { BestFigure } from "../run/training-state.ts";
import type { Values } from "../runtime/values.ts";
import type { Tokenizer } from "../run/tokenizer-file.ts";
import { checkAgreement } from "./agreement.ts";
import { trainingBatches } from "./batches.ts";
import { codesOf } from "./codes.ts";
import type { FigureValues, MetricsRecord, TrainEvent } from "./events.ts";
import { diverged, interrupted, unread, unwritten } from "./failures.ts";
import { newMeter } from "./meter.ts";
import { openRunWriter, type RunWriter } from "./run-writer.ts";
import { beginRun, resumeRun, startTogether, type BestValidation } from "./start.ts";
import { bestAverage, figuresOfAverages, isBetter } from "./validation.ts";

export interface LoopOptions {
  /** The run folder, which must not exist yet, or be empty, unless `force` is set. */
  readonly run: string;
  readonly force?: boolean;
  /**
   * Goes on from the last checkpoint of the run, to the same weights as without interruption. The configuration must be
   * the same.
   */
  readonly resume?: boolean;
  readonly config: RunConfig;
  readonly train: Dataset;
  readonly valid: Dataset;
  /** Makes codes of the pictures, if the network draws codes. */
  readonly tokenizer?: Tokenizer | undefined;
  readonly threads?: number | undefined;
  /** Finishes the step, saves a checkpoint and throws an INTERRUPTED error. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
  /** Processes that train together. All have the same options, and the first one writes. */
  readonly world?: Communicator | undefined;
}

export interface TrainResult {
  readonly step: number;
  /**
   * The figures of the last validation, with the averaged weights. Autoregressive networks have `nats` and
   * `bitsPerDim`.
   */
  readonly valid: FigureValues;
  /** If training ended early, the last validation that was better than those before. See `TrainRequest.patience`. */
  readonly endedAfter?: BestValidation | undefined;
  /** What these figures are. */
  readonly figures: readonly Figure[];
  readonly seconds: number;
}

const RECORDS_PER_EVALUATION = 10;

/**
 * Trains a model and writes a run folder.
 *
 * @throws ARGUMENT if the model is class-conditional and the pictures have no labels or other classes, or if dropout is
 * asked for and the model has none; EXISTS, WRITE; LOCKED if another process trains this run; to resume, as
 * `resumeRun`; DEVICE if a GPU is asked for and none answers or it fails; DIVERGED if a loss is not a finite number
 * (the last good checkpoint is kept); CLUSTER as `checkAgreement` and `allGather`; INTERRUPTED.
 */
export async function trainModel(options: LoopOptions): Promise<TrainResult> {
  const { run, tokenizer, threads, signal, world, onEvent = () => undefined } = options;
  const pictures = { train: options.train.count, valid: options.valid.count };
  const config = { ...options.config, data: { ...options.config.data, pictures } };
  const { training, network } = config;
  const { steps, batch, seed, device = "cpu", patience } = training;

  const { classes } = network;
  const labelsOf = (of: Dataset) => classes && labelsAmong(of, classes);
  for (const of of [options.train, options.valid]) labelsOf(of);
  const family = familyOf(network);
  const trace = (count: number) => family.trainable(network, count, training);
  const evaluate = (count: number) => family.evaluation(network, count);
  const { parts } = trace(1);
  const trainFigures = parts.flatMap((part) => part.figures);
  const evaluation = evaluate(1);
  const bestFigure = bestFigureOf(evaluation);
  const { averages } = parts[0]!.optimizer.averaging;
  if (bestFigure === undefined) {
    const lacksBest = (allowed: string, name: "ema" | "patience") =>
      expected(
        "ARGUMENT",
        `${allowed}, as no figure tells the best,`,
        `${name} of ${network.model}`,
        training[name],
        name,
      );
    if (Object.keys(averages).length > 1) throw lacksBest("one", "ema");
    if (patience !== undefined) throw lacksBest("none", "patience");
  }
  const compared = { averages, figure: bestFigure };
  const figures = [...evaluation.figures, ...figuresOfAverages(compared)];

  if (world) await checkAgreement(world, config, options);
  const start = await startTogether(world, parts, () =>
    options.resume
      ? resumeRun(run, config, parts, bestFigure?.name)
      : beginRun(run, config, parts, options.force ?? false, tokenizer),
  );

  const started = performance.now();
  let { saved, best } = start;
  let state: TrainingState<Values> = start.state;
  let meter = newMeter();
  let lastValid: FigureValues | undefined;
  /**
   * Saves the newest weights as best, once a step from there has a finite loss: no figure has told that they are
   * any good.
   */
  let saveUnproven: (() => Promise<void>) | undefined;
  const endsEarly = () =>
    state.step < steps &&
    patience !== undefined &&
    best !== undefined &&
    state.step >= best.step + patience * training.evalEvery;

  /** Of the first process alone. */
  let writer: RunWriter | undefined;

  const save = async (good: TrainingState<Values>) => {
    if (saved === good.step) return;
    const file = await writer?.checkpoint(good);
    saved = good.step;
    if (file !== undefined) onEvent({ type: "checkpoint", step: good.step, file });
  };

  const opened = new Opened();
  try {
    const { train, valid } = tokenizer
      ? await codesOf(options, tokenizer, config, { run: start.lock && run, threads, signal })
      : options;
    if (start.lock) {
      writer = await openRunWriter(run, {
        parts,
        network,
        tokenizer,
        valid: options.valid,
        figures: [...trainFigures, ...figures],
        keep: training.keep,
        seed,
      });
    }
    const openStep = device === "webgpu" ? openDeviceTrainingStep : openTrainingStep;
    const step: TrainingStep<Values> = await opened.add<TrainingStep<Values>>(
      openStep(trace, batch, { threads, shares: training.shares, seed, world }),
    );
    const validation = await opened.add(
      openEvaluator(evaluate, valid, { labels: labelsOf(valid), seed, threads, device, world }),
    );
    const batches = trainingBatches(train, {
      batch,
      part: step.pictures,
      seed,
      // Codes are of cropped and flipped pictures already.
      crop: !tokenizer && config.data.crop !== undefined,
      mirror: !tokenizer && (config.data.mirror ?? false),
      labels: labelsOf(train),
    });
    const nextBatch = readAhead(batches, state.step, steps);

    onEvent({
      type: "start",
      device,
      parameters: parts.reduce((sum, { declarations }) => sum + parameterCount(declarations), 0),
      step: state.step,
      steps,
      trainPictures: pictures.train,
      validPictures: pictures.valid,
      figures: { train: trainFigures.map(described), valid: figures.map(described) },
    });
    await save(state);
    while (state.step < steps && !endsEarly()) {
      if (await anyOf(world, signal?.aborted ?? false)) throw interrupted(state.step);
      const begun = performance.now();
      const { levels, labels } = await nextBatch().catch(async (cause: unknown) => {
        await save(state);
        throw cause instanceof NextpixelError ? unread(cause) : cause;
      });
      const result = await step.run(state, new Float32Array(levels), labels);
      if (!result.isFinite) {
        releaseState(result.state);
        throw diverged(run, state.step + 1, saved);
      }
      // Only now it is known that the state before this step gives a finite loss and is worth keeping.
      if (state.step % training.checkpointEvery === 0) await save(state);
      await saveUnproven?.();
      saveUnproven = undefined;
      releaseState(state);
      state = result.state;
      meter.add(result.figures, performance.now() - begun);

      const measured = {
        step: state.step,
        epoch: epochOf(state.step, batch, pictures.train),
        train: meter.figures(),
        learningRate: result.learningRate,
        imagesPerSecond: (1000 * batch) / meter.milliseconds(),
      };
      const secondsLeft = ((steps - state.step) * batch) / measured.imagesPerSecond;
      onEvent({ type: "progress", ...measured, secondsLeft });

      const isLast = state.step === steps;
      const isDue = (every: number) => isLast || state.step % every === 0;
      const isEvaluated = isDue(training.evalEvery);
      if (isEvaluated || isDue(Math.ceil(training.evalEvery / RECORDS_PER_EVALUATION))) {
        const validated = isEvaluated ? await bestAverage(validation, state, compared) : undefined;
        const found = validated?.figures ?? null;
        if (found && !Object.values(found).every(Number.isFinite)) throw diverged(run, state.step, saved);
        const record: MetricsRecord = { ...measured, valid: found };
        await writer?.record(record);
        onEvent({ type: "metrics", ...record });
        if (validated) {
          lastValid = validated.figures;
          const weights = vectorOfParts(await readState(state), validated.average);
          const { step: ofStep } = state;
          const saveBest = async (figure?: BestFigure) => writer?.best(ofStep, weights, figure);
          const value = bestFigure && validated.figures[bestFigure.name]!;
          if (value === undefined) saveUnproven = saveBest;
          else if (best === undefined || isBetter(bestFigure!, value, best.value)) {
            best = { step: ofStep, value };
            await saveBest({ name: bestFigure!.name, value });
          }
          const preview = await writer?.preview(ofStep, weights);
          if (preview) {
            const { pictures, count, size, levels } = preview;
            onEvent({ type: "preview", step: ofStep, pictures, count, size, levels });
          }
        }
        meter = newMeter();
      }
    }
    await save(state);
    await saveUnproven?.();
    // A run that is resumed at its end has nothing left to do.
    lastValid ??= (await bestAverage(validation, state, compared)).figures;
  } catch (error) {
    if (error instanceof NextpixelError && error.code === "INTERRUPTED") {
      await save(state);
      await saveUnproven?.();
    } else if (start.lock) {
      // The error itself says more than that it could not be written down.
      await saveFailure(run, error).catch(() => undefined);
    }
    throw error instanceof NextpixelError && error.code === "WRITE" ? unwritten(error) : error;
  } finally {
    releaseState(state);
    await opened.close().finally(() => start.lock?.release());
  }
  return {
    step: state.step,
    valid: lastValid,
    ...(endsEarly() && { endedAfter: best }),
    figures: figures.map(described),
    seconds: (performance.now() - started) / 1000,
  };
}

/** A figure without its graph. */
const described = ({ name, label, decimals, lowerIsBetter, isDetail = false }: Figure): Figure => ({
  name,
  label,
  decimals,
  lowerIsBetter,
  isDetail,
});
