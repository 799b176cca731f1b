import { dirname } from "node:path";
import { Option, type Command } from "commander";
import { DATASET_HELP } from "../data/formats/all.ts";
import { familyOf } from "../families/by-name.ts";
import {
  OPTIMIZER_NAMES,
  OPTIMIZERS,
  type OptimizerKind,
  type OptimizerName,
} from "../families/optimizers.ts";
import { LIKELIHOODS } from "../likelihood/by-name.ts";
import { MODELS, settingNames, sizeNames } from "../models/by-name.ts";
import { DEVICE_CHOICES } from "../runtime/device.ts";
import { runConfigOf } from "../run/config.ts";
import { FIND_LR_STEPS } from "../train/find-lr.ts";
import { FIELD_DEFAULTS, TRAIN_DEFAULTS } from "../train/defaults.ts";
import * as read from "./arguments.ts";
import type { Relations } from "./config-file.ts";
import { optionsOf } from "./run-options.ts";
import { sizesIn, withSettingOptions, withSizeOptions } from "./network-options.ts";

/** Which options of `train` exclude, replace or imply others, and what else a configuration file may be. */
export const relations = (): Relations => ({
  exclusive: [
    ["steps", "epochs"],
    ["valid", "validFraction"],
    ["completeAny", "coarseToFine"],
    ["completeAny", "condition"],
    ["coarseToFine", "condition"],
    ["tokenizer", "completeAny"],
    ["tokenizer", "coarseToFine"],
    ["tokenizer", "condition"],
    ["force", "resume"],
    ...INSTEAD_OF_FINDING_A_RATE.map((option) => ["findLr", option] as const),
  ],
  replaced: {
    model: ["preset", "fineSizes", ...sizeNames(), ...settingNames()],
    preset: sizeNames(),
    optimizer: ["lr", "decay", "ema", "beta1", "beta2"],
  },
  implied: { optimizer: (of) => defaultOptimizer(of("model")) },
  translate: (content, file) =>
    "network" in content ? optionsOf(runConfigOf(content, file), dirname(file)) : content,
});

/** The optimizer of a model's family; a model in a file is not known yet, and counts as autoregressive. */
function defaultOptimizer(model: unknown): OptimizerName {
  const name = String(model);
  return familyOf({ model: MODELS.names().includes(name) ? name : TRAIN_DEFAULTS.model }).optimizer;
}

/** What a test of learning rates has no use for. */
const INSTEAD_OF_FINDING_A_RATE = [
  "out",
  "force",
  "resume",
  "lr",
  "warmup",
  "decay",
  "steps",
  "epochs",
] as const;

/** Adds what `train` can be told. */
export function withTrainOptions(command: Command): Command {
  command
    .argument("[dataset]", DATASET_HELP)
    .option(
      "--config <file>",
      "options, such as evalEvery, and dataset: a .yaml or .json file, or the config.json of a run, to repeat it",
    )
    .option("--out <run>", "folder to keep the run in (needed, here or in the recipe)")
    .option("--force", "start over in a run folder that exists")
    .option(
      "--resume",
      "go on with the run in --out from its last checkpoint; of its options only --steps or --epochs may be raised",
    )
    .option(
      "--model <name>",
      `${MODELS.names().join(", ")}, or a file that defines one, such as ./my-network.js, which is executed`,
      TRAIN_DEFAULTS.model,
    )
    .addOption(
      new Option(
        "--likelihood <name>",
        "how logits tell a pixel, for models that have them (default: bernoulli for 2 levels, else categorical)",
      ).choices(LIKELIHOODS.names()),
    )
    .option(
      "--levels <n>",
      "levels that pixels are quantised to, 2 for binary (default: all there are)",
      read.whole("--levels", 2, 256),
    )
    .option("--class-conditional", "learn each class of the data set's labels for itself")
    .option(
      "--positions",
      "tell the network the row and column of each pixel, so that it knows where the picture ends (not in the " +
        "papers; for autoregressive models, but pixelsnail, which knows them; pictures then have one size)",
    )
    .option(
      "--differences",
      "let the network read and predict how pixels differ from the mean of those beside and above: it learns in " +
        "fewer steps (not in the papers; for autoregressive models with the likelihood logistic-mixture)",
    )
    .option(
      "--complete-any",
      "learn to complete pictures of which any pixels are known, also those below and to the right",
    )
    .option(
      "--coarse-to-fine <n>",
      "halve rows and columns n times, and learn to draw each size given the one of half of it",
      read.whole("--coarse-to-fine", 1, 16),
    )
    .option(
      "--fine-sizes <size=n>",
      "with --coarse-to-fine: sizes in which the networks of larger pictures differ from that of the smallest, " +
        "such as depth=3",
      sizesIn("--fine-sizes"),
    )
    .option(
      "--condition <folder>",
      "learn p(picture | other picture), where the other one has the same name in this folder",
    )
    .option(
      "--field-width <n>",
      `feature maps of the network that reads what is known in advance (default: ${FIELD_DEFAULTS.width})`,
      read.whole("--field-width", 1, 4096),
    )
    .option(
      "--field-depth <n>",
      `its residual blocks, each of which reads twice as far (default: ${FIELD_DEFAULTS.depth})`,
      read.whole("--field-depth", 1, 12),
    )
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
    .addOption(
      new Option(
        "--optimizer <name>",
        OPTIMIZER_NAMES.map((name) => `${name}: ${OPTIMIZERS[name].about}`).join("; ") +
          ` (default: ${defaultOptimizer(TRAIN_DEFAULTS.model)}; of gan ${defaultOptimizer("gan")})`,
      ).choices(OPTIMIZER_NAMES),
    )
    .option("--lr <rate>", `learning rate (default: ${ownDefaults("lr")})`, read.positive)
    .addOption(
      new Option(
        "--find-lr [steps]",
        "instead of training, try learning rates from 1e-6 to 1 in so many steps, and propose one",
      )
        .preset(String(FIND_LR_STEPS))
        .argParser(read.whole("--find-lr", 10, 10_000)),
    )
    .option(
      "--warmup <steps>",
      "steps in which the learning rate rises from 0",
      read.whole("--warmup", 0),
      TRAIN_DEFAULTS.warmup,
    )
    .option(
      "--decay <how>",
      `"cosine" down to 0 at the last step, "wsd" down to 0 in the last fifth of the steps and constant before, ` +
        `or a factor per step (default: ${ownDefaults("decay")})`,
      decay,
    )
    .option("--clip <norm>", "largest norm of the gradient", read.positive, TRAIN_DEFAULTS.clip)
    .option(
      "--ema <decay>",
      `decay of the weights' moving average per step (default: ${ownDefaults("ema")}); of several averages, ` +
        "0.999,0.9999, each is validated, and the best is kept",
      read.decays,
    )
    .option(
      "--beta1 <decay>",
      "of Adam's running mean of the gradient (default: 0.9), of Muon's (0.95), or how near schedule-free is to its average (0.9)",
      read.belowOne,
    )
    .option("--beta2 <decay>", "of Adam's running mean of its square (default: 0.999)", read.belowOne)
    .option(
      "--weight-decay <share>",
      "share of the weights taken off them at each step, times the learning rate (default: none)",
      read.positive,
    )
    .option(
      "--dropout <rate>",
      "share of features dropped in training, for models that have dropout (pixelcnn-pp, pixelsnail)",
      read.fraction,
    )
    .option(
      "--crop <WxH>",
      "train on a part of this size of each picture, at a random place (elsewhere: in the centre)",
      read.pictureExtent,
    )
    .option("--mirror", "flip pictures left to right in training, at random, half of the time")
    .option(
      "--tokenizer <run>",
      "draw codes of pictures: those of the tokenizer that this run trained, or was trained with",
    )
    .option(
      "--views <n>",
      "with --tokenizer and --crop or --mirror: of how many views of each picture codes are made (default: 8)",
      read.whole("--views", 1),
    )
    .option(
      "--stack <n>",
      "train on n pictures whose three colours are grey pictures of the data set, drawn at random (Stacked MNIST)",
      read.whole("--stack", 1),
    )
    .option(
      "--seed <n>",
      "seed of weights, order, crops and previews",
      read.whole("--seed", 0),
      TRAIN_DEFAULTS.seed,
    )
    .option(
      "--limit <n>",
      "train on the first n pictures of the data set alone, of which some may be held out",
      read.whole("--limit", 1),
    )
    .option("--valid <dataset>", "data set to validate with")
    .option(
      "--valid-fraction <share>",
      `share held out to validate with, without --valid (default: ${TRAIN_DEFAULTS.validFraction})`,
      read.fraction,
    )
    .option(
      "--eval-every <steps>",
      "steps between validations (default: a tenth of all)",
      read.whole("--eval-every", 1),
    )
    .option(
      "--patience <validations>",
      "end early, after so many validations in a row that are not better (default: never)",
      read.whole("--patience", 1),
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
  for (const [one, other] of relations().exclusive) {
    command.options.find((option) => option.attributeName() === one)!.conflicts(other);
  }
  read.withFolderOptions(command);
  read.withThreads(command);
  withSizeOptions(command);
  withSettingOptions(command);
  return read.withCommonOptions(command);
}

const decay = (text: string): "cosine" | "wsd" | number =>
  text === "cosine" || text === "wsd"
    ? text
    : read.number(
        `"cosine", "wsd" or a factor above 0 and up to 1`,
        (value) => value > 0 && value <= 1,
      )(text);

/** A setting's default where it depends on the optimizer: "0.002; muon 0.01". */
const ownDefaults = (setting: keyof OptimizerKind["defaults"]): string => {
  const { adam, ...others } = OPTIMIZERS;
  const own = (defaults: OptimizerKind["defaults"]) => String(defaults[setting] ?? "none");
  const different = Object.entries(others).filter(([, { defaults }]) => own(defaults) !== own(adam.defaults));
  return [own(adam.defaults), ...different.map(([name, { defaults }]) => `${name} ${own(defaults)}`)].join(
    "; ",
  );
};
