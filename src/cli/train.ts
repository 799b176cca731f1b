import { Option, type Command } from "commander";
import { expected } from "../basics/errors.ts";
import { holdOut, type Dataset } from "../data/dataset.ts";
import { openDataset } from "../data/open.ts";
import { LIKELIHOOD_NAMES, type LikelihoodName } from "../likelihood/likelihood.ts";
import { MODEL_NAMES, sizesOf } from "../models/by-name.ts";
import type { RunConfig } from "../run/config.ts";
import { train, type TrainResult } from "../train/train.ts";
import { version } from "../version.ts";
import * as read from "./arguments.ts";
import { duration, note, result } from "./output.ts";
import { trainingDisplay } from "./training-display.ts";
import { untilInterrupted } from "./signals.ts";

/** Flags of `train`, as the command line gives them. */
export interface TrainFlags extends read.CommonOptions, read.FolderFlags {
  readonly out: string;
  readonly force?: boolean;
  readonly model: string;
  readonly width?: number;
  readonly depth?: number;
  readonly likelihood?: LikelihoodName;
  readonly levels?: number;
  readonly steps?: number;
  readonly epochs?: number;
  readonly batch: number;
  readonly lr: number;
  readonly warmup: number;
  readonly decay: "cosine" | number;
  readonly clip: number;
  readonly ema: number;
  readonly seed: number;
  readonly valid?: string;
  readonly validFraction: number;
  readonly evalEvery?: number;
  readonly checkpointEvery?: number;
  readonly threads?: number;
}

export const TRAIN_DEFAULTS = {
  model: "pixelcnn",
  steps: 2000,
  batch: 32,
  lr: 2e-3,
  warmup: 50,
  decay: "cosine",
  clip: 1,
  ema: 0.999,
  seed: 0,
  validFraction: 0.1,
} as const;

export function addTrainCommand(program: Command): void {
  const command = program
    .command("train")
    .description("train a network on pictures")
    .argument("<dataset>", `"digits" (built in), a folder of pictures, or an IDX file`)
    .requiredOption("--out <run>", "folder to keep the run in")
    .option("--force", "start over in a run folder that exists")
    .option("--model <name>", MODEL_NAMES.join(", "), TRAIN_DEFAULTS.model)
    .option("--width <n>", "feature maps (default: the model's)", read.whole("--width", 1, 65_536))
    .option("--depth <n>", "layers (default: the model's)", read.whole("--depth", 1, 65_536))
    .addOption(
      new Option(
        "--likelihood <name>",
        "how logits tell a pixel (default: bernoulli for 2 levels, else categorical)",
      ).choices(LIKELIHOOD_NAMES),
    )
    .option(
      "--levels <n>",
      "levels that pixels are quantised to, 2 for binary (default: all there are)",
      read.whole("--levels", 2, 256),
    )
    .addOption(
      new Option("--steps <n>", `steps of training (default: ${TRAIN_DEFAULTS.steps})`)
        .argParser(read.whole("--steps", 1))
        .conflicts("epochs"),
    )
    .option("--epochs <n>", "the same in passes over the data", read.whole("--epochs", 1))
    .option("--batch <n>", "pictures per step", read.whole("--batch", 1, 65_536), TRAIN_DEFAULTS.batch)
    .option("--lr <rate>", "learning rate", read.positive, TRAIN_DEFAULTS.lr)
    .option(
      "--warmup <steps>",
      "steps in which the learning rate rises from 0",
      read.whole("--warmup", 0),
      TRAIN_DEFAULTS.warmup,
    )
    .option(
      "--decay <how>",
      `"cosine" down to 0 at the last step, or a factor per step`,
      decay,
      TRAIN_DEFAULTS.decay,
    )
    .option("--clip <norm>", "largest norm of the gradient", read.positive, TRAIN_DEFAULTS.clip)
    .option(
      "--ema <decay>",
      "decay of the weights' moving average per step",
      read.belowOne,
      TRAIN_DEFAULTS.ema,
    )
    .option("--seed <n>", "seed of weights, order and previews", read.whole("--seed", 0), TRAIN_DEFAULTS.seed)
    .addOption(new Option("--valid <dataset>", "data set to validate with").conflicts("validFraction"))
    .option(
      "--valid-fraction <share>",
      "share held out to validate with, without --valid",
      read.fraction,
      TRAIN_DEFAULTS.validFraction,
    )
    .option(
      "--eval-every <steps>",
      "steps between validations (default: a tenth of all)",
      read.whole("--eval-every", 1),
    )
    .option(
      "--checkpoint-every <steps>",
      "steps between checkpoints (default: as --eval-every)",
      read.whole("--checkpoint-every", 1),
    );
  read.withFolderOptions(command);
  read.withThreads(command);
  read.withCommonOptions(command).action(async (dataset: string, flags: TrainFlags) => {
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

const decay = (text: string): "cosine" | number =>
  text === "cosine"
    ? text
    : read.number(`"cosine" or a factor above 0 and up to 1`, (value) => value > 0 && value <= 1)(text);

/** Trains as the flags say, with progress on stderr; a signal ends it with everything saved. */
export async function runTraining(dataset: string, flags: TrainFlags): Promise<TrainResult> {
  const { train: trainSet, valid } = await openBoth(dataset, flags);
  const config = runConfig(dataset, trainSet, flags);
  return untilInterrupted((signal) =>
    train({
      run: flags.out,
      force: flags.force ?? false,
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
  const { gray, resize, skipBad } = flags;
  const onWarning = (warning: string) => note(`warning: ${warning}`);
  const levels = flags.levels ?? (flags.likelihood === "bernoulli" ? 2 : undefined);
  const options = { gray, resize, skipBad, onWarning };
  const all = await openDataset(name, { ...options, levels });
  if (flags.valid === undefined) return holdOut(all, flags.validFraction, flags.seed);
  // The same levels as the training pictures have, whatever the second data set would take by itself.
  const valid = await openDataset(flags.valid, { ...options, levels: all.levels });
  const extent = ({ size }: Dataset) => `${size.cols}x${size.rows} with ${size.channels} channel(s)`;
  if (extent(all) !== extent(valid))
    throw expected("ARGUMENT", `pictures of ${extent(all)}`, flags.valid, extent(valid));
  return { train: all, valid };
}

function runConfig(name: string, trainSet: Dataset, flags: TrainFlags): RunConfig {
  const { width, depth, batch } = flags;
  const steps =
    flags.steps ??
    (flags.epochs === undefined ? TRAIN_DEFAULTS.steps : Math.ceil((flags.epochs * trainSet.count) / batch));
  const evalEvery = flags.evalEvery ?? Math.ceil(steps / 10);
  return {
    format: 1,
    nextpixel: version,
    network: {
      model: flags.model,
      modelConfig: sizesOf(flags.model, { width, depth }),
      likelihood: flags.likelihood ?? (trainSet.levels === 2 ? "bernoulli" : "categorical"),
      levels: trainSet.levels,
      size: trainSet.size,
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
      lr: flags.lr,
      warmup: Math.min(flags.warmup, Math.floor(steps / 2)),
      decay: flags.decay,
      clip: flags.clip,
      ema: flags.ema,
      seed: flags.seed,
      evalEvery,
      checkpointEvery: flags.checkpointEvery ?? evalEvery,
    },
  };
}
