import type { Command } from "commander";
import type { Extent } from "../data/dataset.ts";
import { checkWritable, writeAtomically } from "../files/atomic-write.ts";
import { encodeNpy } from "../pictures/npy.ts";
import { encodePictures } from "../tasks/codes.ts";
import { ofSize } from "../tasks/of-size.ts";
import * as read from "./arguments.ts";
import { readingDisplay } from "./fetch-display.ts";
import { openRun, withModelFile, type RunFlags } from "./model-file.ts";
import { duration, result } from "./output.ts";

interface EncodeFlags extends read.CommonOptions, RunFlags {
  readonly size?: Extent;
  readonly limit?: number;
  readonly out: string;
  readonly skipBad?: boolean;
}

export function addEncodeCommand(program: Command): void {
  const command = program
    .command("encode")
    .description("turn pictures into codes, with a tokenizer (fsq) or a network that draws codes")
    .argument("<run>", "folder of a run")
    .argument("<pictures>", "a picture file, or a data set as for train")
    .option("--limit <n>", "only the first pictures", read.whole("--limit", 1))
    .option(
      "--out <file.npy>",
      "the codes: uint8 [pictures, channels, rows, cols]",
      read.fileNamed(".npy"),
      "codes.npy",
    )
    .option("--skip-bad", "leave out pictures that cannot be read");
  read.withTokenizerSize(command);
  read.withCheckpoint(command);
  withModelFile(command);
  read.withCommonOptions(command).action(async (run: string, dataset: string, flags: EncodeFlags) => {
    const { out } = flags;
    const model = ofSize(await openRun(run, flags), flags.size);
    await checkWritable(out);
    const started = performance.now();
    const { count, size, levels, codes } = await encodePictures(model, dataset, {
      ...flags,
      ...readingDisplay(),
    });
    const { channels, rows, cols } = size;
    await writeAtomically(out, encodeNpy(codes, [count, channels, rows, cols]));
    const seconds = (performance.now() - started) / 1000;
    result(
      { run, dataset, pictures: count, size, levels, out, seconds },
      `encoded ${count} picture(s) as ${cols}x${rows} codes of ${channels} channel(s) with ${levels} levels in ` +
        `${duration(seconds)}: ${out}`,
      flags.json,
    );
  });
}
