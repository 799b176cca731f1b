import type { Command } from "commander";
import { interpolate, INTERPOLATE_DEFAULTS } from "../tasks/interpolate.ts";
import { MOST_BETWEEN } from "../programs/interpolation.ts";
import { prepareOutput, writePictures } from "../tasks/sample-files.ts";
import * as read from "./arguments.ts";
import { openRun, withModelFile, type RunFlags } from "./model-file.ts";
import { duration, result } from "./output.ts";
import { pngText } from "./png-text.ts";

interface InterpolateFlags extends read.CommonOptions, RunFlags {
  readonly fromSeed: number;
  readonly toSeed: number;
  readonly count: number;
  readonly class?: string;
  readonly out: string;
}

export function addInterpolateCommand(program: Command): void {
  const command = program
    .command("interpolate")
    .description("draw the pictures on the way from one picture to another")
    .argument("<run>", "folder of a run")
    .requiredOption("--from-seed <n>", "begin with picture 0 of this seed", read.whole("--from-seed", 0))
    .requiredOption("--to-seed <n>", "end with picture 0 of this seed", read.whole("--to-seed", 0))
    .option(
      "--count <n>",
      "pictures in all, with both ends",
      read.whole("--count", 2, MOST_BETWEEN),
      INTERPOLATE_DEFAULTS.count,
    )
    .option("--class <name>", "the class of all, by its name or number (default: the first one)")
    .option("--out <path>", "a .png file for all, or a folder for single files", "interpolation.png");
  read.withCheckpoint(command);
  withModelFile(command);
  read.withCommonOptions(command).action(async (run: string, flags: InterpolateFlags) => {
    const { fromSeed, toSeed, count, out } = flags;
    const model = await openRun(run, flags);
    await prepareOutput(out);
    const started = performance.now();
    const drawn = await interpolate(model, flags);
    const seconds = (performance.now() - started) / 1000;
    const text = pngText(model, { fromSeed, toSeed });
    const files = await writePictures(out, { ...drawn, columns: count }, text);
    result(
      { run, fromSeed, toSeed, count, out, files: files.length, seconds },
      `drew ${count} pictures in ${duration(seconds)}: ${out}`,
      flags.json,
    );
  });
}
