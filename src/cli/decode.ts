import type { Command } from "commander";
import { readCodes } from "../data/formats/code-maps.ts";
import { capability } from "../families/by-name.ts";
import { decodeCodes } from "../tasks/codes.ts";
import { prepareOutput, writePictures } from "../tasks/sample-files.ts";
import * as read from "./arguments.ts";
import { openRun, withModelFile, type RunFlags } from "./model-file.ts";
import { duration, result } from "./output.ts";
import { pngText } from "../tasks/png-text.ts";

interface DecodeFlags extends read.CommonOptions, RunFlags {
  readonly out: string;
}

export function addDecodeCommand(program: Command): void {
  const command = program
    .command("decode")
    .description("turn codes, as encode writes them, into pictures")
    .argument("<run>", "folder of a run")
    .argument("<codes.npy>", "whole numbers [maps, channels, rows, cols], of any number of rows and columns")
    .option("--out <path>", "a .png file for all, or a folder for single files", "decoded.png");
  read.withCheckpoint(command);
  withModelFile(command);
  read.withCommonOptions(command).action(async (run: string, file: string, flags: DecodeFlags) => {
    const { out } = flags;
    const model = await openRun(run, flags);
    const maps = await readCodes(file, capability(model.config, "codes")(model.config));
    await prepareOutput(out);
    const started = performance.now();
    const made = await decodeCodes(model, maps);
    const seconds = (performance.now() - started) / 1000;
    const files = await writePictures(out, made, pngText(model, { codes: made.count }));
    result(
      { run, codes: file, pictures: made.count, out, files: files.length, seconds },
      `decoded ${made.count} picture(s) in ${duration(seconds)}: ${out}`,
      flags.json,
    );
  });
}
