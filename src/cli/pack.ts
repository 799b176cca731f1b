import type { Command } from "commander";
import { pack } from "../tasks/pack.ts";
import * as read from "./arguments.ts";
import { checkedRun, withModelFile, type RunFlags } from "./model-file.ts";
import { result } from "./output.ts";

interface PackFlags extends read.CommonOptions, RunFlags {
  readonly license?: string;
}

export function addPackCommand(program: Command): void {
  const command = program
    .command("pack")
    .description(
      "write a run as a folder for others, as the Hugging Face Hub expects it: card, weights, ONNX",
    )
    .argument("<run>", "folder of a run")
    .argument("<folder>", "a new folder, which is then taken wherever a run is, except to train");
  withLicense(command);
  read.withCheckpoint(command);
  withModelFile(command);
  read.withCommonOptions(command).action(async (run: string, folder: string, flags: PackFlags) => {
    const files = await pack(await checkedRun(run, flags), folder, flags);
    result({ run, folder, files }, `packed ${run}: ${files.join(", ")}`, flags.json);
  });
}

/** Adds what the model card says of the licence. */
export const withLicense = (command: Command): Command =>
  command.option(
    "--license <id>",
    "of the model, for its card: an identifier such as mit or cc-by-4.0 (default: the card leaves it open)",
  );
