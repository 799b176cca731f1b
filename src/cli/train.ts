import type { Command } from "commander";
import { expected } from "../basics/errors.ts";
import { classesOf } from "../data/classes.ts";
import { holdOut, type Dataset } from "../data/dataset.ts";
import { openDataset } from "../data/open.ts";
import { sizesOf } from "../models/by-name.ts";
import type { RunConfig } from "../run/config.ts";
import { cores } from "../runtime/workers/node.ts";
import { train, type TrainResult } from "../train/train.ts";
import { version } from "../version.ts";
import { fetchDisplay } from "./fetch-display.ts";
import { duration, note, result } from "./output.ts";
import { untilInterrupted } from "./signals.ts";
import { TRAIN_DEFAULTS, trainRequest, withTrainOptions, type TrainFlags } from "./train-options.ts";
import { trainingDisplay } from "./training-display.ts";

export function addTrainCommand(program: Command): void {
  const command = program.command("train").description("train a network on pictures");
  withTrainOptions(command).action(async () => {
    const { dataset, flags } = await trainRequest(command);
    const trained = await runTraining(dataset, flags);
    const { out } = flags;
    result(
      { run: out, ...trained },
      `trained ${trained.step} steps in ${duration(trained.seconds)}: ${trained.validNats.toFixed(2)} nats, ` +
        `${trained.validBitsPerDim.toFixed(3)} bits/dim on the validation pictures; draw with: nextpixel sample ${out}`,
      flags.json,
    );
  });
}

/** Trains as the flags say, with progress on stderr; a signal ends it with everything saved. */
export async function runTraining(dataset: string, flags: TrainFlags): Promise<TrainResult> {
  const { train: trainSet, valid } = await openBoth(dataset, flags);
  const classes = flags.classConditional ? classesOf(trainSet) : undefined;
  const config = runConfig(dataset, { ...trainSet, classes }, flags);
  return untilInterrupted((signal) =>
    train({
      run: flags.out,
      force: flags.force ?? false,
      resume: flags.resume ?? false,
      config,
      train: trainSet,
      valid,
      threads: flags.threads,
      signal,
      onEvent: trainingDisplay(),
    }),
  );
}

async function openBoth(name: string, flags: TrainFlags): Promise<{ train: Dataset; valid: Dataset }> {
  const { gray, resize, skipBad, classConditional: labels = false } = flags;
  const onWarning = (warning: string) => note(`warning: ${warning}`);
  const levels = flags.levels ?? (flags.likelihood === "bernoulli" ? 2 : undefined);
  const options = { gray, resize, skipBad, labels, onWarning, download: { onEvent: fetchDisplay() } };
  const all = await openDataset(name, { ...options, levels });
  if (flags.valid === undefined) return holdOut(all, flags.validFraction, flags.seed);
  // The same levels as the training pictures have, whatever the second data set would take by itself.
  const valid = await openDataset(flags.valid, { ...options, levels: all.levels });
  const extent = ({ size }: Dataset) => `${size.cols}x${size.rows} with ${size.channels} channel(s)`;
  if (extent(all) !== extent(valid))
    throw expected("ARGUMENT", `pictures of ${extent(all)}`, flags.valid, extent(valid));
  return { train: all, valid };
}

/** What a run is asked for by these flags, with everything that they leave open. Errors as of `sizesOf`. */
export function runConfig(
  name: string,
  trainSet: Pick<Dataset, "count" | "levels" | "size"> & Pick<RunConfig["network"], "classes">,
  flags: TrainFlags,
): RunConfig {
  const { model, preset, sizes = {}, batch } = flags;
  const steps =
    flags.steps ??
    (flags.epochs === undefined ? TRAIN_DEFAULTS.steps : Math.ceil((flags.epochs * trainSet.count) / batch));
  const evalEvery = flags.evalEvery ?? Math.ceil(steps / 10);
  return {
    format: 1,
    nextpixel: version,
    network: {
      model,
      modelConfig: sizesOf(model, sizes, preset),
      likelihood: flags.likelihood ?? (trainSet.levels === 2 ? "bernoulli" : "categorical"),
      levels: trainSet.levels,
      size: trainSet.size,
      classes: trainSet.classes,
    },
    data: {
      train: name,
      valid: flags.valid ?? flags.validFraction,
      gray: flags.gray ?? false,
      resize: flags.resize ?? null,
      skipBad: flags.skipBad ?? false,
    },
    training: {
      steps,
      batch,
      shares: Math.min(batch, flags.shares ?? flags.threads ?? cores()),
      lr: flags.lr,
      warmup: Math.min(flags.warmup, Math.floor(steps / 2)),
      decay: flags.decay,
      clip: flags.clip,
      ema: flags.ema,
      dropout: flags.dropout,
      seed: flags.seed,
      evalEvery,
      checkpointEvery: flags.checkpointEvery ?? evalEvery,
      keep: flags.keep,
    },
  };
}
