import type { Command } from "commander";
import { prepareOutput, writeCompletions } from "../tasks/sample-files.ts";
import { reconstruct } from "../tasks/latents.ts";
import * as read from "./arguments.ts";
import { readingDisplay } from "./fetch-display.ts";
import { openRun, withModelFile, type RunFlags } from "./model-file.ts";
import { duration, result } from "./output.ts";
import { pngText } from "./png-text.ts";

interface ReconstructFlags extends read.CommonOptions, RunFlags {
  readonly limit: number;
  readonly class?: string;
  readonly out: string;
  readonly skipBad?: boolean;
}

export function addReconstructCommand(program: Command): void {
  const command = program
    .command("reconstruct")
    .description(
      "turn pictures into latents and back, with a model that has an encoder (vae, ladder-vae, fsq)",
    )
    .argument("<run>", "folder of a run")
    .argument("<data>", "a picture file, or a data set as for train")
    .option("--limit <n>", "only the first pictures", read.whole("--limit", 1, 65_536), 8)
    .option(
      "--out <path>",
      "a .png file for all (a row for each picture, itself first), or a folder for single files",
      "reconstructions.png",
    );
  read.withOneClass(command, "the pictures' own");
  command.option("--skip-bad", "leave out pictures that cannot be read");
  read.withCheckpoint(command);
  withModelFile(command);
  read.withCommonOptions(command).action(async (run: string, pictures: string, flags: ReconstructFlags) => {
    const { out } = flags;
    const model = await openRun(run, flags);
    await prepareOutput(out);
    const started = performance.now();
    const made = await reconstruct(model, pictures, { ...flags, ...readingDisplay() });
    const seconds = (performance.now() - started) / 1000;
    const text = pngText(model, { reconstructions: made.count });
    const files = await writeCompletions(out, made, { given: made.given, each: 1 }, text);
    result(
      { run, dataset: pictures, pictures: made.count, out, files: files.length, seconds },
      `reconstructed ${made.count} picture(s) in ${duration(seconds)}: ${out}`,
      flags.json,
    );
  });
}
