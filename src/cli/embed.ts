import type { Command } from "commander";
import * as v from "valibot";
import { checkWritable, writeAtomically } from "../files/atomic-write.ts";
import { checked } from "../files/checked.ts";
import { encodeNpy } from "../pictures/npy.ts";
import { embed } from "../tasks/latents.ts";
import * as read from "./arguments.ts";
import { readingDisplay } from "./fetch-display.ts";
import { aboutWork, numbersIn } from "./merge-schema.ts";
import { openRun, withModelFile, type RunFlags } from "./model-file.ts";
import { duration, result } from "./output.ts";
import { partFileOf, savePart, withPart, type Merge, type PartFlags } from "./part-option.ts";

interface EmbedFlags extends read.CommonOptions, RunFlags, PartFlags {
  readonly limit?: number;
  readonly class?: string;
  readonly out: string;
  readonly skipBad?: boolean;
}

const DEFAULT_OUT = "latents.npy";

export function addEmbedCommand(program: Command): void {
  const command = program
    .command("embed")
    .description("write the latents of pictures, with a model that has an encoder (vae, ladder-vae, fsq)")
    .argument("<run>", read.RUN)
    .argument("<dataset>", "as for train, or one picture")
    .option("--limit <n>", "only the first pictures", read.whole("--limit", 1))
    .option(
      "--out <file.npy>",
      "the means of the latents: float32 [pictures, latents]",
      read.fileNamed(".npy"),
      DEFAULT_OUT,
    );
  read.withOneClass(command, "the pictures' own");
  withPart(command, "--out");
  command.option("--skip-bad", "leave out pictures that cannot be read");
  read.withCheckpoint(command);
  withModelFile(command);
  read.withCommonOptions(command).action(async (run: string, dataset: string, flags: EmbedFlags) => {
    const { out, part } = flags;
    const model = await openRun(run, flags);
    await checkWritable(part ? partFileOf(out, part) : out);
    const started = performance.now();
    const embedding = await embed(model, dataset, { ...flags, ...readingDisplay() });
    const { count, length, values } = embedding;
    if (part) {
      const { total, first } = embedding;
      const about = {
        "data set": dataset,
        class: flags.class,
        latents: length,
      };
      const saved = await savePart(model, out, {
        task: "embed",
        about,
        part,
        total,
        first,
        count,
        arrays: { latents: values },
      });
      return result({ run, dataset, ...saved.json }, saved.text, flags.json);
    }
    await writeAtomically(out, encodeNpy(values, [count, length]));
    const seconds = (performance.now() - started) / 1000;
    result(
      { run, dataset, pictures: count, latents: length, out, seconds },
      `wrote ${length} latents of each of ${count} picture(s) in ${duration(seconds)}: ${out}`,
      flags.json,
    );
  });
}

const aboutLatents = v.object({
  task: v.literal("embed"),
  ...aboutWork,
  latents: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
});

/** Writes the latents of all parts, as `embed` does. */
export const mergeLatents: Merge = async ({ about, count, arrays }, out = DEFAULT_OUT) => {
  const { latents: length } = checked(aboutLatents, about, "the parts");
  const values = numbersIn(arrays, "latents", Float32Array, count * length);
  await writeAtomically(out, encodeNpy(values, [count, length]));
  return {
    json: { pictures: count, latents: length, out },
    text: `${length} latents of each of ${count} picture(s): ${out}`,
  };
};
