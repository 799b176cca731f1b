import { Option, type Command } from "commander";
import { expected } from "../basics/errors.ts";
import { bitsPerDim } from "../basics/units.ts";
import { pictureLength } from "../data/dataset.ts";
import { capability } from "../families/by-name.ts";
import { checkWritable, writeAtomically } from "../files/atomic-write.ts";
import { encodeNpy } from "../pictures/npy.ts";
import { givenPixels, HALVES } from "../tasks/given.ts";
import { openRunDataset } from "../tasks/run-dataset.ts";
import { likeliest, missingLength, score, type Score } from "../tasks/score.ts";
import { openRun, withModelFile, type RunFlags } from "./model-file.ts";
import * as read from "./arguments.ts";
import { result, StatusLine } from "./output.ts";
import { readingDisplay } from "./fetch-display.ts";

interface ScoreFlags extends read.CommonOptions, RunFlags {
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

export function addScoreCommand(program: Command): void {
  const command = program
    .command("score")
    .description("tell the likelihood of pictures under a trained network, or a bound of it")
    .argument("<run>", "folder of a run")
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
  read.withThreads(command);
  read.withCondition(command, "these have the names of the pictures");
  read.withCheckpoint(command);
  withModelFile(command);
  read.withCommonOptions(command).addHelpText("after", CLASSES);
  command.action(async (run: string, dataset: string, flags: ScoreFlags) => {
    const scored = await runScoring(run, dataset, flags);
    result(
      { run, dataset, ...scored },
      `${scored.images} ${scored.images === 1 ? "picture" : "pictures"}: ${scored.nllNats.toFixed(3)}${standardError(scored)} nats, ` +
        `${scored.bitsPerDim.toFixed(4)} bits/dim${ofBound(scored)}${ofClasses(scored)}${ofGiven(scored)}`,
      flags.json,
    );
  });
}

/** One picture says nothing of how much pictures differ. */
const standardError = ({ images, nllNatsStandardError }: Score): string =>
  images === 1 ? "" : ` ± ${nllNatsStandardError.toFixed(3)}`;

/** What the numbers are, if they are not the likelihood itself. */
function ofBound({ bound, importanceSamples }: Score): string {
  if (bound === undefined) return "";
  const what = bound === "elbo" ? "ELBO" : `${importanceSamples} importance samples`;
  return ` (upper bounds: ${what})`;
}

/** What is given of each picture. */
const ofGiven = ({ givenPixels: given }: Score): string =>
  given === undefined ? "" : `, of the pixels beside ${given} given ones`;

/** What p is of, and how often the likeliest class was right. */
function ofClasses({ images, classes, accuracy }: Score): string {
  if (classes === undefined) return "";
  if (classes === "given") return ", given their classes";
  const right =
    accuracy === undefined ? "" : `: ${(100 * accuracy).toFixed(2)} % of ${images} classified correctly`;
  return `, classes summed out${right}`;
}

/** Scores a data set, read as the run's training pictures were, with progress on stderr. */
export async function runScoring(run: string, name: string, flags: ScoreFlags): Promise<Score> {
  const model = await openRun(run, flags);
  const dataset = await openRunDataset(model, name, {
    skipBad: flags.skipBad,
    condition: flags.condition,
    ...readingDisplay(),
  });
  if (flags.perPixel !== undefined && capability(model.config.model, "score").likelihood === "bound") {
    const { model: name } = model.config;
    throw expected("ARGUMENT", "a model that tells the likelihood of each pixel", "--per-pixel", name);
  }
  const names = model.config.classes?.map((one) => one.name) ?? [];
  for (const file of [flags.perImage, flags.perPixel]) if (file !== undefined) await checkWritable(file);
  const { size } = model.config;
  const isGiven =
    flags.rows === undefined && flags.mask === undefined ? undefined : await givenPixels(flags, size);
  const [length, missing] = [pictureLength(size), missingLength(size, isGiven)];
  const count = Math.min(flags.limit ?? dataset.count, dataset.count);
  const lines: string[] = [];
  const pixels = new Float32Array(flags.perPixel === undefined ? 0 : count * length);
  const status = new StatusLine();
  const scored = await score(model, dataset, {
    limit: flags.limit,
    threads: flags.threads,
    classify: flags.classify,
    importanceSamples: flags.importanceSamples,
    isGiven,
    onBatch({ first, nats, perSubPixel, posteriors }) {
      nats.forEach((nllNats, i) => {
        const guess = posteriors && guessOf(posteriors[i]!, names);
        const line = { index: first + i, nllNats, bitsPerDim: bitsPerDim(nllNats, missing), ...guess };
        lines.push(JSON.stringify(line));
      });
      if (perSubPixel && flags.perPixel !== undefined) pixels.set(perSubPixel, first * length);
      status.show(`scored ${first + nats.length} of ${count}`);
    },
  });
  status.clear();
  const { channels, rows, cols } = size;
  if (flags.perImage !== undefined) await writeAtomically(flags.perImage, `${lines.join("\n")}\n`);
  if (flags.perPixel !== undefined) {
    await writeAtomically(flags.perPixel, encodeNpy(pixels, [count, channels, rows, cols]));
  }
  return scored;
}

/** The likeliest class of a picture, and how likely it is. */
function guessOf(
  posterior: Float64Array,
  names: readonly string[],
): { class: string; classProbability: number } {
  const guess = likeliest(posterior);
  return { class: names[guess]!, classProbability: posterior[guess]! };
}
