import type { Command } from "commander";
import { NextpixelError } from "../basics/errors.ts";
import { MOST_BETWEEN } from "../programs/interpolation.ts";
import { interpolate, INTERPOLATE_DEFAULTS } from "../tasks/interpolate.ts";
import { interpolatePictures } from "../tasks/latents.ts";
import { pngText } from "../tasks/png-text.ts";
import { prepareOutput, writePictures } from "../tasks/sample-files.ts";
import * as read from "./arguments.ts";
import { readingDisplay } from "./fetch-display.ts";
import { openRun, withModelFile, type RunFlags } from "./model-file.ts";
import { duration, result } from "./output.ts";

interface InterpolateFlags extends read.CommonOptions, RunFlags {
  readonly from?: number;
  readonly to?: number;
  readonly fromSeed?: number;
  readonly toSeed?: number;
  readonly count: number;
  readonly class?: string;
  readonly out: string;
  readonly skipBad?: boolean;
}

export function addInterpolateCommand(program: Command): void {
  const command = program
    .command("interpolate")
    .description("draw the pictures on the way from one picture to another")
    .argument("<run>", read.RUN)
    .argument("[data]", "a data set as for train, of a model that has an encoder (default: drawn pictures)")
    .option("--from <n>", "begin with this picture of the data set (default: 0)", read.whole("--from", 0))
    .option("--to <n>", "end with this one (default: 1)", read.whole("--to", 0))
    .option(
      "--from-seed <n>",
      "begin with the first picture drawn of this seed (default: 0)",
      read.whole("--from-seed", 0),
    )
    .option("--to-seed <n>", "end with that of this one (default: 1)", read.whole("--to-seed", 0))
    .option(
      "--count <n>",
      "pictures in all, with both ends",
      read.whole("--count", 2, MOST_BETWEEN),
      INTERPOLATE_DEFAULTS.count,
    )
    .option("--out <path>", "a .png file for all, or a folder for single files", "interpolation.png");
  read.withOneClass(command, "the first one, or the pictures' own");
  command.option("--skip-bad", "leave out pictures that cannot be read");
  read.withCheckpoint(command);
  withModelFile(command);
  read
    .withCommonOptions(command)
    .action(async (run: string, dataset: string | undefined, flags: InterpolateFlags) => {
      const { count, out } = flags;
      const ends = endsOf(dataset, flags);
      const model = await openRun(run, flags);
      await prepareOutput(out);
      const started = performance.now();
      const drawn =
        "fromSeed" in ends
          ? await interpolate(model, { ...ends, count, class: flags.class })
          : await interpolatePictures(model, dataset!, { ...flags, ...ends, ...readingDisplay() });
      const seconds = (performance.now() - started) / 1000;
      const files = await writePictures(out, { ...drawn, columns: count }, pngText(model, ends));
      result(
        { run, ...(dataset !== undefined && { dataset }), ...ends, count, out, files: files.length, seconds },
        `drew ${count} pictures in ${duration(seconds)}: ${out}`,
        flags.json,
      );
    });
}

type Ends =
  | { readonly fromSeed: number; readonly toSeed: number }
  | { readonly from: number; readonly to: number };

/** Between what: two pictures of the data set or, without one, the first pictures of two seeds. */
function endsOf(dataset: string | undefined, { from, to, fromSeed, toSeed }: InterpolateFlags): Ends {
  const [others, needs] =
    dataset === undefined
      ? ([{ "--from": from, "--to": to }, "a data set"] as const)
      : ([{ "--from-seed": fromSeed, "--to-seed": toSeed }, "drawn pictures, without a data set"] as const);
  for (const [flag, value] of Object.entries(others))
    if (value !== undefined) throw new NextpixelError("ARGUMENT", `${flag} goes with ${needs}`);
  return dataset === undefined
    ? { fromSeed: fromSeed ?? 0, toSeed: toSeed ?? 1 }
    : { from: from ?? 0, to: to ?? 1 };
}
