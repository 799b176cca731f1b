import { Option, type Command } from "commander";
import { expected, NextpixelError } from "../basics/errors.ts";
import type { Extent } from "../data/dataset.ts";
import { capability } from "../families/by-name.ts";
import { checkWritable } from "../files/atomic-write.ts";
import { givenPixels, HALVES } from "../tasks/given.ts";
import { ofSize } from "../tasks/of-size.ts";
import { openRunDataset } from "../tasks/run-dataset.ts";
import { wholeScore, type Score } from "../tasks/score.ts";
import * as read from "./arguments.ts";
import { readingDisplay } from "./fetch-display.ts";
import { openRun, withModelFile, type RunFlags } from "./model-file.ts";
import { result } from "./output.ts";
import { withPart, type PartFlags } from "./part-option.ts";
import { scoredBy, scoresOf, writePerImage, writePerPixel } from "./score-files.ts";
import { scorePart } from "./score-parts.ts";
import { scoreText } from "./score-text.ts";

interface ScoreFlags extends read.CommonOptions, RunFlags, PartFlags {
  readonly size?: Extent;
  readonly limit?: number;
  readonly classify?: boolean;
  readonly importanceSamples?: number;
  readonly rows?: number;
  readonly mask?: string;
  readonly condition?: string;
  readonly perImage?: string;
  readonly perPixel?: string;
  readonly skipBad?: boolean;
  readonly threads?: number;
}

const CLASSES = `
A class-conditional model scores pictures given their labels, if they have any.
If not, or with --classify, the class is summed out: p(x) is the sum of
p(class) p(x | class), where p(class) is the class's share of the training
pictures. The likeliest class is the one of largest p(class) p(x | class).`;

const UNNAMED_PART = "--part goes with --per-image or --per-pixel, after which its file is named";

export function addScoreCommand(program: Command): void {
  const command = program
    .command("score")
    .description("tell the likelihood of pictures under a trained network, or a bound of it")
    .argument("<run>", read.RUN)
    .argument(
      "<dataset>",
      `as for train, or one picture; "digits:test" are the test pictures of "digits", "mnist:test" of "mnist"`,
    )
    .option("--limit <n>", "score only the first pictures", read.whole("--limit", 1))
    .option(
      "--classify",
      "take the classes of a class-conditional model for unknown: tell the likeliest, and how often it is right",
    )
    .option(
      "--importance-samples <n>",
      "of models with latents: draws of them for each picture, by which the bound becomes tighter",
      read.whole("--importance-samples", 1),
    )
    .addOption(
      new Option("--rows <k>", "the first k rows are given: tell the likelihood of the others")
        .argParser(read.whole("--rows", 0))
        .conflicts("mask"),
    )
    .option(
      "--mask <file>",
      `the same for pixels that are white in a picture, or for a half: ${HALVES.join(", ")}`,
    )
    .option("--per-image <file.jsonl>", "write the nats and bits/dim of every picture, a line each")
    .option(
      "--per-pixel <file.npy>",
      "write the nats of every pixel: float32 [pictures, channels, rows, cols]",
      read.fileNamed(".npy"),
    )
    .option("--skip-bad", "leave out pictures that cannot be read");
  withPart(command, "--per-image or --per-pixel");
  read.withThreads(command);
  read.withCondition(command, "these have the names of the pictures");
  read.withTokenizerSize(command);
  read.withCheckpoint(command);
  withModelFile(command);
  read.withCommonOptions(command).addHelpText("after", CLASSES);
  command.action(async (run: string, dataset: string, flags: ScoreFlags) => {
    const { part } = flags;
    if (part) {
      const out = flags.perImage ?? flags.perPixel;
      if (out === undefined) throw new NextpixelError("ARGUMENT", UNNAMED_PART);
      const { model, dataset: pictures, isGiven } = await opened(run, dataset, flags);
      const { json, text } = await scorePart(model, pictures, out, { ...flags, isGiven, part });
      return result({ run, dataset, ...json }, text, flags.json);
    }
    const scored = await runScoring(run, dataset, flags);
    result({ run, dataset, ...scored }, scoreText(scored), flags.json);
  });
}

/** Scores a data set, read as the run's training pictures were, with progress on stderr. */
export async function runScoring(run: string, name: string, flags: ScoreFlags): Promise<Score> {
  const { model, dataset, isGiven } = await opened(run, name, flags);
  for (const file of [flags.perImage, flags.perPixel]) if (file !== undefined) await checkWritable(file);
  const scores = await scoresOf(model, dataset, { ...flags, isGiven });
  if (flags.perImage !== undefined) await writePerImage(flags.perImage, scores, scoredBy(model));
  if (flags.perPixel !== undefined && scores.pixels)
    await writePerPixel(flags.perPixel, scores.pixels, model.config.size);
  return wholeScore(model, dataset, scores, flags);
}

async function opened(run: string, name: string, flags: ScoreFlags) {
  const model = ofSize(await openRun(run, flags), flags.size);
  const dataset = await openRunDataset(model, name, {
    skipBad: flags.skipBad,
    condition: flags.condition,
    ...readingDisplay(),
  });
  if (flags.perPixel !== undefined && capability(model.config, "score").likelihood === "bound") {
    const { model: name } = model.config;
    throw expected("ARGUMENT", "a model that tells the likelihood of each pixel", "--per-pixel", name);
  }
  const isGiven =
    flags.rows === undefined && flags.mask === undefined
      ? undefined
      : await givenPixels(flags, model.config.size);
  return { model, dataset, isGiven };
}
