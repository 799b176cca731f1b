import { Command, CommanderError } from "commander";
import { NextpixelError } from "../basics/errors.ts";
import { version } from "../version.ts";
import { addCompareCommand } from "./compare.ts";
import { addCompleteCommand } from "./complete.ts";
import { addDecodeCommand } from "./decode.ts";
import { addDemoCommand } from "./demo.ts";
import { addDoctorCommand } from "./doctor.ts";
import { addEmbedCommand } from "./embed.ts";
import { addEncodeCommand } from "./encode.ts";
import { flagsAbout } from "./flags-about.ts";
import { addExportCommand } from "./export.ts";
import { addInfoCommand } from "./info.ts";
import { addInterpolateCommand } from "./interpolate.ts";
import { addMergeCommand } from "./merge.ts";
import { loadModelFiles } from "./model-file.ts";
import { addPackCommand } from "./pack.ts";
import { addPublishCommand } from "./publish.ts";
import { addPushCommand } from "./push.ts";
import { addReconstructCommand } from "./reconstruct.ts";
import { addSampleCommand } from "./sample.ts";
import { addScoreCommand } from "./score.ts";
import { addStudioCommand } from "./studio.ts";
import { addTrainCommand } from "./train.ts";

/** Does what the words after the program's name ask for, and sets the exit code of the process. Never throws. */
export async function runProgram(words: readonly string[]): Promise<void> {
  const program = new Command("nextpixel")
    .description("Image generation from likelihoods: train, draw, complete, score, compare.")
    .version(version)
    .exitOverride()
    // An error is one line, so that scripts can read it; the suggestion goes onto it.
    .configureOutput({ outputError: (text, write) => write(`${text.trim().replaceAll("\n", " ")}\n`) });

  try {
    await run(program, await loadModelFiles(words));
  } catch (error) {
    const about = error instanceof NextpixelError ? flagsAbout(error, program, words[0]!) : "";
    process.exitCode = report(error, about, words.includes("--verbose"));
  }
}

/** Adds all commands, now that all models are known, and does what the words ask for. */
async function run(program: Command, words: readonly string[]): Promise<void> {
  for (const add of [
    addDemoCommand,
    addTrainCommand,
    addSampleCommand,
    addCompleteCommand,
    addInterpolateCommand,
    addReconstructCommand,
    addEmbedCommand,
    addEncodeCommand,
    addDecodeCommand,
    addScoreCommand,
    addMergeCommand,
    addCompareCommand,
    addInfoCommand,
    addExportCommand,
    addPackCommand,
    addPushCommand,
    addStudioCommand,
    addPublishCommand,
    addDoctorCommand,
  ])
    add(program);
  await program.parseAsync(words, { from: "user" });
}

/** Says what went wrong, and `about` which flags, in one line unless --verbose is given; returns the exit code. */
function report(error: unknown, about: string, isVerbose: boolean): number {
  // Commander has said it already; help and version come here too, with exit code 0.
  if (error instanceof CommanderError) return error.exitCode;
  const message = error instanceof Error ? error.message : String(error);
  const isKnown = error instanceof NextpixelError;
  process.stderr.write(`error: ${isKnown ? "" : "unexpected: "}${message.replaceAll("\n", " ")}${about}\n`);
  if (isVerbose && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  // An interrupted command has set the exit code of its signal.
  return isKnown && error.code === "INTERRUPTED" ? Number(process.exitCode ?? 1) : 1;
}
