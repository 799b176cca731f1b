import { Option, type Command } from "commander";
import { NextpixelError } from "../basics/errors.ts";
import { modelByName, MODELS, settingNames, sizeNames, type GivenSizes } from "../models/by-name.ts";
import type { ModelConfig } from "../models/model.ts";
import type { GivenSettings, Setting } from "../models/settings.ts";
import { flagOf, number, whole } from "./arguments.ts";

// How large a network is: the same options for `train` and `info`.

const HEADING = "Sizes of the model (its own, in brackets, if none is given):";

/** Adds `--preset`, and an option for every size of every model, under its own name. */
export function withSizeOptions(command: Command): Command {
  command.addOption(
    new Option(
      "--preset <name>",
      "sizes that go together, such as its paper's: nextpixel info --model lists them",
    ).helpGroup(HEADING),
  );
  for (const size of sizeNames()) {
    const owners = MODELS.names().map((name) => [name, modelByName(name).defaults[size]] as const);
    const models = owners.filter(([, own]) => own !== undefined).map(([name, own]) => `${name} (${own})`);
    const flag = newFlag(command, size, models[0]!);
    command.addOption(
      new Option(`${flag} <n>`, `of ${models.join(", ")}`)
        .argParser(whole(flag, 1, 65_536))
        .helpGroup(HEADING),
    );
  }
  return command;
}

const SETTINGS_HEADING = "Settings of the model's training (its own, in brackets, if none is given):";

/** Adds an option for every setting of every model, under its own name. */
export function withSettingOptions(command: Command): Command {
  for (const name of settingNames()) {
    const owners = MODELS.names().flatMap((model): [string, Setting][] => {
      const setting = modelByName(model).settings?.[name];
      return setting ? [[model, setting]] : [];
    });
    const models = owners.map(([model, setting]) => `${model} (${setting.default})`);
    const [, first] = owners[0]!;
    const isChoice = "choices" in first;
    const flag = newFlag(command, name, models[0]!);
    const option = new Option(
      `${flag} <${isChoice ? "name" : "number"}>`,
      `${first.about}: of ${models.join(", ")}`,
    );
    // The range is that of the model that is chosen in the end: it is checked with the configuration.
    if (isChoice)
      option.choices([...new Set(owners.flatMap(([, one]) => ("choices" in one ? one.choices : [])))]);
    else option.argParser(number("a number", () => true));
    command.addOption(option.helpGroup(SETTINGS_HEADING));
  }
  return command;
}

/** The flag of a size or setting. @throws ARGUMENT if it is that of another option. */
function newFlag(command: Command, name: string, owner: string): string {
  const flag = flagOf(name);
  if (!command.options.some(({ long }) => long === flag)) return flag;
  throw new NextpixelError(
    "ARGUMENT",
    `expected another name for ${name} of ${owner}: ${flag} is an option of its own`,
  );
}

/** The settings that the options of a command give. */
export const givenSettings = (command: Command): GivenSettings =>
  Object.fromEntries(
    settingNames().map((name) => [name, command.getOptionValue(name) as number | string | undefined]),
  );

/** The sizes that the options of a command give. */
export const givenSizes = (command: Command): GivenSizes =>
  Object.fromEntries(sizeNames().map((size) => [size, command.getOptionValue(size) as number | undefined]));

/** The sizes that a text such as "kernel=5,width=16" gives; `name` is that of the option. */
export const sizesIn =
  (name: string) =>
  (text: string): ModelConfig =>
    Object.fromEntries(
      text.split(",").map((pair) => {
        const [size, value = ""] = pair.split("=") as [string, string?];
        return [size, whole(`${size} of ${name}`, 1, 65_536)(value)];
      }),
    );

/** Sizes as the text that `sizesIn` reads. */
export const textOfSizes = (sizes: ModelConfig): string =>
  Object.entries(sizes)
    .map(([size, value]) => `${size}=${value}`)
    .join(",");
