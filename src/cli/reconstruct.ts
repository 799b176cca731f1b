import type { Command } from "commander";
import type { Extent } from "../data/dataset.ts";
import { checkWritable } from "../files/atomic-write.ts";
import { reconstruct } from "../tasks/latents.ts";
import { ofSize } from "../tasks/of-size.ts";
import { pngText } from "../tasks/png-text.ts";
import { prepareOutput, writeCompletions } from "../tasks/sample-files.ts";
import * as read from "./arguments.ts";
import { COMPLETIONS, saveCompletions } from "./completion-parts.ts";
import { readingDisplay } from "./fetch-display.ts";
import { openRun, withModelFile, type RunFlags } from "./model-file.ts";
import { duration, result } from "./output.ts";
import { partFileOf, withPart, type PartFlags } from "./part-option.ts";

interface ReconstructFlags extends read.CommonOptions, RunFlags, PartFlags {
  readonly size?: Extent;
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
    .argument("<run>", read.RUN)
    .argument("<data>", "a picture file, or a data set as for train")
    .option("--limit <n>", "only the first pictures", read.whole("--limit", 1, 65_536), 8)
    .option(
      "--out <path>",
      "a .png file for all (a row for each picture, itself first), or a folder for single files",
      COMPLETIONS.reconstruct,
    );
  read.withOneClass(command, "the pictures' own");
  withPart(command, "--out");
  command.option("--skip-bad", "leave out pictures that cannot be read");
  read.withTokenizerSize(command);
  read.withCheckpoint(command);
  withModelFile(command);
  read.withCommonOptions(command).action(async (run: string, pictures: string, flags: ReconstructFlags) => {
    const { out, part } = flags;
    const model = ofSize(await openRun(run, flags), flags.size);
    await (part ? checkWritable(partFileOf(out, part)) : prepareOutput(out));
    const started = performance.now();
    const made = await reconstruct(model, pictures, { ...flags, ...readingDisplay() });
    const seconds = (performance.now() - started) / 1000;
    const text = pngText(model, { reconstructions: made.total });
    if (part) {
      const saved = await saveCompletions(model, out, {
        ...made,
        task: "reconstruct",
        part,
        about: { "data set": pictures, class: flags.class },
        drawn: made,
        each: 1,
        text,
      });
      return result({ run, dataset: pictures, ...saved.json }, saved.text, flags.json);
    }
    const files = await writeCompletions(out, made, { given: made.given, each: 1 }, text);
    result(
      { run, dataset: pictures, pictures: made.count, out, files: files.length, seconds },
      `reconstructed ${made.count} picture(s) in ${duration(seconds)}: ${out}`,
      flags.json,
    );
  });
}
