import { Option, type Command } from "commander";
import { NextpixelError } from "../basics/errors.ts";
import { modelByName, MODELS, sizeNames, type GivenSizes } from "../models/by-name.ts";
import { whole } from "./arguments.ts";

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
    const flag = `--${size.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const owners = MODELS.names().map((name) => [name, modelByName(name).defaults[size]] as const);
    if (command.options.some(({ long }) => long === flag)) {
      const [owner] = owners.find(([, own]) => own !== undefined)!;
      throw new NextpixelError(
        "ARGUMENT",
        `expected another name for the size ${size} of ${owner}: ${flag} is an option of its own`,
      );
    }
    const models = owners.filter(([, own]) => own !== undefined).map(([name, own]) => `${name} (${own})`);
    command.addOption(
      new Option(`${flag} <n>`, `of ${models.join(", ")}`)
        .argParser(whole(flag, 1, 65_536))
        .helpGroup(HEADING),
    );
  }
  return command;
}

/** The sizes that the options of a command give. */
export const givenSizes = (command: Command): GivenSizes =>
  Object.fromEntries(sizeNames().map((size) => [size, command.getOptionValue(size) as number | undefined]));
