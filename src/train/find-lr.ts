import { NextpixelError, wholeNumber } from "../basics/errors.ts";
import { Opened } from "../basics/opened.ts";
import { labelsAmong } from "../data/classes.ts";
import { readAhead } from "../data/read-ahead.ts";
import { familyOf } from "../families/by-name.ts";
import type { Figure } from "../programs/trainable.ts";
import { initialState, releaseState, type TrainingState } from "../programs/training-state.ts";
import { openDeviceTrainingStep, openTrainingStep, type TrainingStep } from "../programs/training-step.ts";
import type { Values } from "../runtime/values.ts";
import { trainingBatches } from "./batches.ts";
import { codesOf } from "./codes.ts";
import type { RequestedTraining } from "./request.ts";
import { prepared, type TrainOptions } from "./train.ts";

export interface FindLearningRateOptions extends Omit<TrainOptions, "onEvent" | "world"> {
  /** Of the test; 150 by default. */
  readonly steps?: number | undefined;
  readonly onStep?: ((tested: TestedRate) => void) | undefined;
}

/** A step of the test. */
export interface TestedRate {
  readonly step: number;
  readonly learningRate: number;
  /** The figure in this step. */
  readonly value: number;
  /** Its running mean over about ten steps. */
  readonly smoothed: number;
}

export interface FoundLearningRate {
  /** The proposal; undefined if training diverges in the first step. */
  readonly learningRate: number | undefined;
  /** What the proposal is, in words. */
  readonly rule: string;
  /** What the curve shows. */
  readonly figure: Pick<Figure, "name" | "label" | "decimals">;
  readonly curve: readonly TestedRate[];
  /** Whether the test ended early because training diverged. */
  readonly diverged: boolean;
}

export const FIND_LR_STEPS = 150;
const [LOWEST, HIGHEST] = [1e-6, 1];
const SMOOTHING = 0.9;
/**
 * What is best for the few steps of the test, or does not diverge yet, is too high for many. On digits, beside sweeps
 * of 400 steps, a fifth was right for PixelCNN with Muon, and two to six times too low for Adam and schedule-free.
 */
const [OF_LOWEST, OF_DIVERGED] = [5, 10];

/**
 * A range test of the learning rate (L. Smith 2017, "Cyclical Learning Rates for Training Neural Networks", section
 * 3.3): trains for a few steps, in which the rate rises exponentially from 1e-6 to 1, or until training diverges. What
 * is proposed is a fifth of the rate with the lowest running mean of the figure by which the model is validated; for a
 * family that has none, a tenth of the highest rate before training diverged. Writes nothing.
 *
 * @throws ARGUMENT if the request makes no sense, or does not fit the pictures; as `openDataset` and `chooseDevice`;
 * INTERRUPTED
 */
export async function findLearningRate(
  request: RequestedTraining,
  { steps = FIND_LR_STEPS, onStep = () => undefined, ...options }: FindLearningRateOptions = {},
): Promise<FoundLearningRate> {
  wholeNumber(steps, "steps of the test", 2);
  const all = await prepared({ ...request, steps, epochs: undefined }, options);
  const { config, tokenizer } = all;
  const { train } = tokenizer ? await codesOf(all, tokenizer, config, options) : all;
  const { network, data } = config;
  const { batch, shares, seed, device } = config.training;
  const factor = (HIGHEST / LOWEST) ** (1 / (steps - 1));
  const settings = { ...config.training, lr: LOWEST / factor, warmup: 0, decay: factor };
  const family = familyOf(network);
  const trace = (count: number) => family.trainable(network, count, settings);
  const { parts } = trace(1);
  const { best } = family.evaluation(network, 1);
  const figures = parts.flatMap((part) => part.figures);
  const { name, label, decimals } = figures.find((figure) => figure.name === best) ?? figures[0]!;

  // Codes are of cropped and flipped pictures already.
  const [crop, mirror] = [!tokenizer && data.crop !== undefined, !tokenizer && (data.mirror ?? false)];
  const labels = network.classes && labelsAmong(train, network.classes);
  const nextBatch = readAhead(trainingBatches(train, { batch, seed, crop, mirror, labels }), 0, steps);
  const openStep = device === "webgpu" ? openDeviceTrainingStep : openTrainingStep;
  const curve: TestedRate[] = [];
  let state: TrainingState<Values> = initialState(parts, seed);
  let [mean, diverged] = [0, false];
  const opened = new Opened();
  try {
    const training: TrainingStep<Values> = await opened.add<TrainingStep<Values>>(
      openStep(trace, batch, { threads: options.threads, shares, seed }),
    );
    while (state.step < steps && !diverged) {
      if (options.signal?.aborted) throw interrupted(state.step);
      const { levels, labels: classes } = await nextBatch();
      const result = await training.run(state, new Float32Array(levels), classes);
      releaseState(state);
      state = result.state;
      const value = result.figures[name]!;
      diverged = !result.isFinite || !Number.isFinite(value);
      if (diverged) break;
      mean = SMOOTHING * mean + (1 - SMOOTHING) * value;
      // The mean begins at 0, as Adam's do.
      const smoothed = mean / (1 - SMOOTHING ** state.step);
      curve.push({ step: state.step, learningRate: result.learningRate, value, smoothed });
      onStep(curve.at(-1)!);
      const first = curve[0]!.value;
      // Twice as large as at first, if it is above 0, as all are but the losses of some GANs.
      diverged = smoothed > first + Math.abs(first);
    }
  } finally {
    releaseState(state);
    await opened.close();
  }
  const figure = { name, label, decimals };
  return { ...proposal(curve, best === undefined ? undefined : label), figure, curve, diverged };
}

/** `label` is that of the figure that says how good the model is, if there is one. */
function proposal(
  curve: readonly TestedRate[],
  label: string | undefined,
): Pick<FoundLearningRate, "learningRate" | "rule"> {
  if (label === undefined)
    return {
      learningRate: share(curve.at(-1), OF_DIVERGED),
      rule: "a tenth of the highest rate before training diverged or the test ended",
    };
  const lowest = Math.min(...curve.map(({ smoothed }) => smoothed));
  return {
    learningRate: share(
      curve.find(({ smoothed }) => smoothed === lowest),
      OF_LOWEST,
    ),
    rule: `a fifth of the rate at which the running mean of the ${label} was lowest`,
  };
}

const share = (point: TestedRate | undefined, of: number) => point && point.learningRate / of;

const interrupted = (step: number) =>
  new NextpixelError("INTERRUPTED", `interrupted after step ${step} of the test of learning rates`);
