import { Option, type Command } from "commander";
import { NextpixelError } from "../basics/errors.ts";
import type { PictureSize } from "../data/dataset.ts";
import { familyOf } from "../families/by-name.ts";
import { defaultLikelihood } from "../likelihood/by-name.ts";
import { LIKELIHOODS } from "../likelihood/by-name.ts";
import { MODELS, modelByName, settingsOf, sizesOf } from "../models/by-name.ts";
import type { ModelConfig } from "../models/model.ts";
import type { NetworkConfig } from "../programs/network.ts";
import { describeNetwork } from "../tasks/info.ts";
import * as read from "./arguments.ts";
import { infoText } from "./info-text.ts";
import { openRunConfig } from "./model-file.ts";
import { givenSizes, withSizeOptions } from "./network-options.ts";
import { result } from "./output.ts";

interface InfoFlags extends read.CommonOptions {
  readonly model?: string;
  readonly preset?: string;
  readonly size?: Pick<PictureSize, "rows" | "cols">;
  readonly channels: number;
  readonly likelihood?: string;
  readonly levels?: number;
}

/** A network, and the presets of its model where it is not that of a run. */
type Described = NetworkConfig & { readonly presets?: Readonly<Record<string, ModelConfig>> };

export function addInfoCommand(program: Command): void {
  const command = program
    .command("info")
    .description("tell what a network consists of, what it can see, and what drawing with it takes")
    .argument("[run]", read.RUN)
    .option(
      "--model <name>",
      `a model without a run: ${MODELS.names().join(", ")}; or a file that defines a model, which is executed, ` +
        "alone or for a run of that model",
    )
    .option("--size <WxH>", "its pictures (default: 28x28, coloured ones 32x32)", read.pictureExtent)
    .option(
      "--channels <n>",
      "their channels: 1 for grey, 3 for coloured ones",
      read.whole("--channels", 1, 64),
      1,
    )
    .option("--levels <n>", "their levels (default: 2, of coloured ones 256)", read.whole("--levels", 2, 256))
    .addOption(
      new Option("--likelihood <name>", "as for train (default: by the levels)").choices(LIKELIHOODS.names()),
    );
  read
    .withCommonOptions(withSizeOptions(command))
    .action(async (run: string | undefined, flags: InfoFlags) => {
      const described = await chosenNetwork(run, flags, command);
      const info = describeNetwork(described);
      result({ ...described, ...info }, infoText(described, info), flags.json);
    });
}

async function chosenNetwork(
  run: string | undefined,
  flags: InfoFlags,
  command: Command,
): Promise<Described> {
  const { model, preset, channels } = flags;
  if (run !== undefined) {
    refuseOptions(command);
    return (await openRunConfig(run, flags)).network;
  }
  if (model === undefined)
    throw new NextpixelError("ARGUMENT", "expected a run folder or --model, received none");
  const isGrey = channels === 1;
  const levels =
    flags.levels ?? (flags.likelihood === "bernoulli" || (isGrey && !flags.likelihood) ? 2 : 256);
  return {
    model,
    modelConfig: sizesOf(model, givenSizes(command), preset),
    settings: settingsOf(model),
    likelihood:
      flags.likelihood ?? (familyOf({ model }).hasLikelihood ? defaultLikelihood(levels) : undefined),
    levels,
    size: { channels, ...(flags.size ?? (isGrey ? { rows: 28, cols: 28 } : { rows: 32, cols: 32 })) },
    presets: modelByName(model).presets,
  };
}

/** Refuses what the network of a run has already. @throws ARGUMENT */
function refuseOptions(command: Command): void {
  const isTyped = (option: Option) => command.getOptionValueSource(option.attributeName()) === "cli";
  const allowed = ["model", ...read.COMMON_KEYS];
  const typed = command.options.find(
    (option) => isTyped(option) && !allowed.includes(option.attributeName()),
  );
  if (typed) throw new NextpixelError("ARGUMENT", `${typed.long} goes with --model alone: a run has its own`);
}
