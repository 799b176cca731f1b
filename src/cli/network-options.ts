import { Option, type Command } from "commander";
import { modelByName, MODEL_NAMES, SIZE_NAMES, type GivenSizes } from "../models/by-name.ts";
import { whole } from "./arguments.ts";

// How large a network is: the same options for `train` and `info`.

const HEADING = "Sizes of the model (default: its own, listed by nextpixel info --model <name>):";

/** Adds `--preset`, and an option for every size of every model, under its own name. */
export function withSizeOptions(command: Command): Command {
  command.addOption(
    new Option("--preset <name>", "sizes that go together, such as those of its paper").helpGroup(HEADING),
  );
  for (const size of SIZE_NAMES) {
    const flag = `--${size.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const models = MODEL_NAMES.filter((name) => Object.hasOwn(modelByName(name).defaults, size));
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
  Object.fromEntries(SIZE_NAMES.map((size) => [size, command.getOptionValue(size) as number | undefined]));
