import type { Command } from "commander";
import { expected } from "../basics/errors.ts";
import { joinParts } from "../tasks/joined-parts.ts";
import * as read from "./arguments.ts";
import { mergeCompletions } from "./completion-parts.ts";
import { mergeLatents } from "./embed.ts";
import { result } from "./output.ts";
import type { Merge } from "./part-option.ts";
import { mergeSamples } from "./sample.ts";
import { mergeScores } from "./score-parts.ts";

/** By the command that the parts are of. */
const MERGES: Readonly<Record<string, Merge>> = {
  sample: mergeSamples,
  complete: mergeCompletions,
  reconstruct: mergeCompletions,
  embed: mergeLatents,
  score: mergeScores,
};

interface MergeFlags extends read.CommonOptions {
  readonly out?: string;
}

const OUT = `
--out is as for the command that the parts are of. Of scores, a name that ends in
.npy is that of the nats of every pixel, any other that of a line for each picture;
without it only their means are told.`;

export function addMergeCommand(program: Command): void {
  const command = program
    .command("merge")
    .description("join what processes with --part have made, to what one process would have written")
    .argument("<part...>", "the files of all parts, in any order")
    .option("--out <path>", "what to write (default: as of the command)");
  read.withCommonOptions(command).addHelpText("after", OUT);
  command.action(async (files: string[], { out, json: asJson }: MergeFlags) => {
    const joined = await joinParts(files);
    const { task } = joined.about;
    const merge = typeof task === "string" && Object.hasOwn(MERGES, task) ? MERGES[task] : undefined;
    if (!merge)
      throw expected("FORMAT", Object.keys(MERGES).join(", "), `the command that ${files[0]} is of`, task);
    const { json, text } = await merge(joined, out);
    result({ command: task, parts: files.length, ...json }, `merged ${files.length} parts: ${text}`, asJson);
  });
}
