import type { Command } from "commander";
import type { NextpixelError } from "../basics/errors.ts";

/**
 * The flags that can mend an error of a command, as they are added to its message: " (see --levels)", or, if the model
 * has to be trained in another way, " (see train --class-conditional)". Empty if there are none, or if the message has
 * them already.
 */
export function flagsAbout({ about, message }: NextpixelError, program: Command, command: string): string {
  const flags = about.flatMap((name) => {
    const [option, of = command] = name.split(".").reverse() as [string, string?];
    const options = program.commands.find((one) => one.name() === of)?.options ?? [];
    const flag = options.find((one) => one.attributeName() === option)?.long;
    return flag ? [of === command ? flag : `${of} ${flag}`] : [];
  });
  const unsaid = flags.filter((flag) => !message.includes(flag));
  return unsaid.length > 0 ? ` (see ${unsaid.join(", ")})` : "";
}
