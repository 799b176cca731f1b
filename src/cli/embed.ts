import type { Command } from "commander";
import { checkWritable, writeAtomically } from "../files/atomic-write.ts";
import { encodeNpy } from "../pictures/npy.ts";
import { embed } from "../tasks/latents.ts";
import * as read from "./arguments.ts";
import { readingDisplay } from "./fetch-display.ts";
import { openRun, withModelFile, type RunFlags } from "./model-file.ts";
import { duration, result } from "./output.ts";

interface EmbedFlags extends read.CommonOptions, RunFlags {
  readonly limit?: number;
  readonly class?: string;
  readonly out: string;
  readonly skipBad?: boolean;
}

export function addEmbedCommand(program: Command): void {
  const command = program
    .command("embed")
    .description("write the latents of pictures, with a model that has an encoder (vae, ladder-vae, fsq)")
    .argument("<run>", "folder of a run")
    .argument("<dataset>", "as for train, or one picture")
    .option("--limit <n>", "only the first pictures", read.whole("--limit", 1))
    .option(
      "--out <file.npy>",
      "the means of the latents: float32 [pictures, latents]",
      read.fileNamed(".npy"),
      "latents.npy",
    );
  read.withOneClass(command, "the pictures' own");
  command.option("--skip-bad", "leave out pictures that cannot be read");
  read.withCheckpoint(command);
  withModelFile(command);
  read.withCommonOptions(command).action(async (run: string, dataset: string, flags: EmbedFlags) => {
    const { out } = flags;
    const model = await openRun(run, flags);
    await checkWritable(out);
    const started = performance.now();
    const { count, length, values } = await embed(model, dataset, { ...flags, ...readingDisplay() });
    await writeAtomically(out, encodeNpy(values, [count, length]));
    const seconds = (performance.now() - started) / 1000;
    result(
      { run, dataset, pictures: count, latents: length, out, seconds },
      `wrote ${length} latents of each of ${count} picture(s) in ${duration(seconds)}: ${out}`,
      flags.json,
    );
  });
}
