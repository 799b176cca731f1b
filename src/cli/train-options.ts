import { Option, type Command } from "commander";
import { NextpixelError } from "../basics/errors.ts";
import { LIKELIHOOD_NAMES } from "../likelihood/likelihood.ts";
import { MODEL_NAMES, SIZE_NAMES } from "../models/by-name.ts";
import { DEVICE_CHOICES, type DeviceChoice } from "../runtime/device.ts";
import { runConfigOf } from "../run/config.ts";
import { TRAIN_DEFAULTS, type TrainRequest } from "../train/request.ts";
import * as read from "./arguments.ts";
import { applyConfigFile, type Relations } from "./config-file.ts";
import { optionsOf } from "./run-options.ts";
import { givenSizes, withSizeOptions } from "./network-options.ts";

const RELATIONS: Relations = {
  exclusive: [
    ["steps", "epochs"],
    ["valid", "validFraction"],
  ],
  replaced: { model: ["preset", ...SIZE_NAMES], preset: SIZE_NAMES },
  translate: (content, file) => ("network" in content ? optionsOf(runConfigOf(content, file)) : content),
};

/** Options that may stand beside --resume: how a run goes on, not what it is. */
const RESUME_KEYS = ["out", "resume", "threads", "device", ...read.COMMON_KEYS];

/** Adds what `train` can be told. */
export function withTrainOptions(command: Command): Command {
  command
    .argument(
      "[dataset]",
      `"digits" (built in), "mnist", "binarized-mnist", "fashion-mnist", "cifar10" or "hf:owner/name" (downloaded once), ` +
        `a folder of pictures, an IDX file, or CIFAR-10's .bin files`,
    )
    .option(
      "--config <file>",
      "options, such as evalEvery, and dataset: a .yaml or .json file, or the config.json of a run, to repeat it",
    )
    .option("--out <run>", "folder to keep the run in (needed, here or in the recipe)")
    .option("--force", "start over in a run folder that exists")
    .option("--resume", "go on with the run in --out from its last checkpoint, with the options that it has")
    .option("--model <name>", MODEL_NAMES.join(", "), TRAIN_DEFAULTS.model)
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
    .option("--class-conditional", "learn each class of the data set's labels for itself")
    .option("--steps <n>", `steps of training (default: ${TRAIN_DEFAULTS.steps})`, read.whole("--steps", 1))
    .option("--epochs <n>", "the same in passes over the data", read.whole("--epochs", 1))
    .option("--batch <n>", "pictures per step", read.whole("--batch", 1, 65_536), TRAIN_DEFAULTS.batch)
    .option(
      "--shares <n>",
      "shares of a batch, each computed by a thread of its own (default: as many as threads; 1 on a GPU)",
      read.whole("--shares", 1, 1024),
    )
    .addOption(
      new Option("--device <which>", "what trains: webgpu is a GPU, auto one if there is")
        .choices(DEVICE_CHOICES)
        .default(TRAIN_DEFAULTS.device),
    )
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
    .option(
      "--dropout <rate>",
      "share of features dropped in training, for models that have dropout (pixelsnail)",
      read.fraction,
    )
    .option(
      "--crop <WxH>",
      "train on a part of this size of each picture, at a random place (elsewhere: in the centre)",
      read.pictureExtent,
    )
    .option("--mirror", "flip pictures left to right in training, at random, half of the time")
    .option(
      "--seed <n>",
      "seed of weights, order, crops and previews",
      read.whole("--seed", 0),
      TRAIN_DEFAULTS.seed,
    )
    .option("--valid <dataset>", "data set to validate with")
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
    )
    .option(
      "--keep <n>",
      "newest checkpoints to keep, besides the best",
      read.whole("--keep", 1),
      TRAIN_DEFAULTS.keep,
    );
  for (const [one, other] of RELATIONS.exclusive) {
    command.options.find((option) => option.attributeName() === one)!.conflicts(other);
  }
  read.withFolderOptions(command);
  read.withThreads(command);
  withSizeOptions(command);
  return read.withCommonOptions(command);
}

/** What `train` was told: to begin a run or to go on with the one in a folder. */
export type TrainCommand = (
  | { readonly request: TrainRequest }
  | { readonly resumed: string; readonly device: DeviceChoice | undefined }
) & {
  readonly threads: number | undefined;
  readonly json: true | undefined;
};

/**
 * What a command with these options was told: by its command line, else by the configuration file
 * that it names. Ends the command if there is no data set or no run folder; errors as of `applyConfigFile`.
 */
export async function trainCommand(command: Command): Promise<TrainCommand> {
  const { config } = command.opts<{ config?: string }>();
  if (config !== undefined) await applyConfigFile(command, config, RELATIONS);
  const { threads, json, resume, out, ...flags } = command.opts<
    Partial<Omit<TrainRequest, "dataset" | "sizes">> &
      read.CommonOptions & { dataset?: string; threads?: number; resume?: true }
  >();
  if (out === undefined) return command.error("error: required option '--out <run>' not specified");
  if (resume) {
    checkResumeAlone(command);
    const isTold = command.getOptionValueSource("device") === "cli";
    return { resumed: out, device: isTold ? flags.device : undefined, threads, json };
  }
  const dataset = (command.processedArgs[0] as string | undefined) ?? flags.dataset;
  if (dataset === undefined) return command.error("error: missing required argument 'dataset'");
  return { request: { ...flags, dataset, out, sizes: givenSizes(command) }, threads, json };
}

/** Refuses options that would make another run of the one that is resumed. */
function checkResumeAlone(command: Command): void {
  const given = command.options.filter((option) => {
    const key = option.attributeName();
    return command.getOptionValueSource(key) === "cli" && !RESUME_KEYS.includes(key);
  });
  const names = [...command.args, ...given.map(({ long }) => long)];
  if (names.length === 0) return;
  throw new NextpixelError(
    "ARGUMENT",
    `expected nothing beside --resume but ${RESUME_KEYS.map((key) => `--${key}`).join(", ")}, received ${names.join(", ")}`,
  );
}

const decay = (text: string): "cosine" | number =>
  text === "cosine"
    ? text
    : read.number(`"cosine" or a factor above 0 and up to 1`, (value) => value > 0 && value <= 1)(text);
