import { defaultLikelihood } from "../../likelihood/by-name.ts";
import { holdOut, memoryDataset, type Dataset } from "../../data/dataset.ts";
import { familyOf } from "../../families/by-name.ts";
import { OPTIMIZERS, type OptimizerKind } from "../../families/optimizers.ts";
import { sizesOf } from "../../models/by-name.ts";
import type { OpenProgram } from "../../programs/forward-pass.ts";
import { collect } from "../../programs/drawn-pictures.ts";
import { evaluatorBy } from "../../programs/measure.ts";
import type { NetworkConfig } from "../../programs/network.ts";
import { parameterCount } from "../../programs/parameters.ts";
import { openStep } from "../../programs/step-engine.ts";
import { initialState, vectorOfParts, type TrainingState } from "../../programs/training-state.ts";
import { AVERAGE } from "../../programs/update-program.ts";
import { encodeCheckpoint } from "../../run/checkpoint.ts";
import { toWeights } from "../../run/training-state.ts";
import { otherTasks } from "../../runtime/step/job.ts";
import { trainingBatches } from "../../train/batches.ts";
import { TRAIN_DEFAULTS } from "../../train/defaults.ts";
import { newMeter } from "../../train/meter.ts";
import { openSampler } from "../../browser.ts";
import type { PublishedConfig } from "../site.ts";
import { LOOK_PICTURES, type PageTraining, type TrainingProgress } from "./onnx-messages.ts";

/** How often drawings are shown. */
const LOOKS = 20;
/** Milliseconds between two reports. */
const REPORT_MS = 200;
/** With fewer pictures, none is held out: each is needed. */
const LEAST_TO_HOLD_OUT = 100;

/**
 * Trains an autoregressive network as `nextpixel train` does, by the same graphs, on the same batches: with the same
 * settings the weights are the same, up to how the runtime rounds. A batch is one share.
 */
export async function* trainInPage(
  open: OpenProgram,
  { model, sizes, pictures, steps, lr, seed }: PageTraining,
  signal: AbortSignal,
): AsyncGenerator<TrainingProgress, void> {
  const all = memoryDataset(pictures);
  const { train, valid } = split(all, seed);
  const network: NetworkConfig = {
    model,
    modelConfig: sizesOf(model, sizes),
    likelihood: defaultLikelihood(all.levels),
    levels: all.levels,
    size: all.size,
  };
  const { name: family, optimizer, trainable, evaluation } = familyOf({ model });
  const { clip, warmup } = TRAIN_DEFAULTS;
  const batch = Math.min(TRAIN_DEFAULTS.batch, train.count);
  const { decay, ema }: OptimizerKind["defaults"] = OPTIMIZERS[optimizer].defaults;
  const settings = {
    steps,
    optimizer,
    lr,
    clip,
    decay,
    ema,
    warmup: Math.min(warmup, Math.floor(steps / 2)),
  };
  const trace = (count: number) => trainable(network, count, settings);
  const { parts } = trace(1);
  const parameters = parts.reduce((sum, { declarations }) => sum + parameterCount(declarations), 0);
  const step = await openStep(
    trace,
    { batch, shares: [{ start: 0, end: batch }], seed },
    {
      atOnce: 1,
      prepare: async (program) => program,
      openGradient: async (program) => open(await program),
      openUpdate: open,
    },
  );
  const evaluator =
    valid && (await evaluatorBy(open, (count) => evaluation(network, count), valid, { seed }));
  const config: PublishedConfig = { format: 2, family, network };

  /** What the averaged weights draw. */
  async function look(state: TrainingState): Promise<NonNullable<TrainingProgress["look"]>> {
    const average = vectorOfParts(state, AVERAGE);
    const weights = encodeCheckpoint(toWeights(state.step, average, parts));
    const sampler = openSampler(config, weights, { workers: 1 });
    const drawn = await collect(sampler, { count: LOOK_PICTURES, seed, signal });
    sampler.close();
    const found = await evaluator?.figures(average);
    return { valid: found?.["bitsPerDim"], pictures: drawn.pictures, trained: { config, weights } };
  }

  const batches = trainingBatches(train, { batch, seed, crop: false, mirror: false });
  let state: TrainingState = initialState(parts, seed);
  let meter = newMeter();
  const begun = performance.now();
  let told = begun;
  while (state.step < steps) {
    const before = performance.now();
    const { levels } = await batches(state.step);
    const result = await step.run(state, new Float32Array(levels));
    if (!result.isFinite) {
      throw new Error(
        `the loss of step ${state.step + 1} is not a finite number: a lower learning rate may help`,
      );
    }
    state = result.state as TrainingState;
    const now = performance.now();
    meter.add(result.figures, now - before);
    const isLook = state.step === steps || state.step % Math.ceil(steps / LOOKS) === 0;
    if (isLook || now - told > REPORT_MS) {
      const secondsLeft = ((now - begun) / 1000 / state.step) * (steps - state.step);
      const { bitsPerDim } = meter.figures();
      const progress = { step: state.step, parameters, bitsPerDim: bitsPerDim!, secondsLeft };
      yield isLook ? { ...progress, look: await look(state) } : progress;
      meter = newMeter();
      told = now;
    }
    await otherTasks();
    signal.throwIfAborted();
  }
}

/** As `train` holds pictures out, if there are enough. */
function split(all: Dataset, seed: number): { readonly train: Dataset; readonly valid: Dataset | undefined } {
  return all.count < LEAST_TO_HOLD_OUT
    ? { train: all, valid: undefined }
    : holdOut(all, TRAIN_DEFAULTS.validFraction, seed);
}
