import { Option, type Command } from "commander";
import { checkWritable } from "../files/atomic-write.ts";
import { complete } from "../tasks/complete.ts";
import { givenPixels, HALVES, openGiven } from "../tasks/given.ts";
import { pngText } from "../tasks/png-text.ts";
import { prepareOutput, writeCompletions } from "../tasks/sample-files.ts";
import { countGiven } from "../tasks/score.ts";
import * as read from "./arguments.ts";
import { COMPLETIONS, saveCompletions } from "./completion-parts.ts";
import { readingDisplay } from "./fetch-display.ts";
import { openRun, withModelFile, type RunFlags } from "./model-file.ts";
import { duration, result, StatusLine } from "./output.ts";
import { partFileOf, withPart, type PartFlags } from "./part-option.ts";

interface CompleteFlags extends read.CommonOptions, RunFlags, PartFlags {
  readonly rows?: number;
  readonly mask?: string;
  readonly condition?: string;
  readonly count: number;
  readonly limit: number;
  readonly seed: number;
  readonly temperature: number;
  readonly class?: readonly string[];
  readonly out: string;
  readonly skipBad?: boolean;
  readonly workers?: number;
}

const CONDITIONS = `
Pixels are drawn in raster order. Each depends on pixels before it, given or
drawn; given pixels after it (below it, or to its right in the same row) have no
influence on it. So with a mask that gives the lower half of a picture, the upper
half is drawn as if nothing were given. But a model that was trained with
--complete-any reads all given pixels before the first one is drawn.`;

export function addCompleteCommand(program: Command): void {
  const command = program
    .command("complete")
    .description("draw what is missing of pictures, with a trained network")
    .argument("<run>", read.RUN)
    .argument("<pictures>", "a picture file, or a data set as for train")
    .addOption(
      new Option("--rows <k>", "the first k rows are given (default: half of the rows)")
        .argParser(read.whole("--rows", 0))
        .conflicts("mask"),
    )
    .option(
      "--mask <file>",
      `a picture that is white where pixels are given, black where they are drawn, or a half: ${HALVES.join(", ")}`,
    )
    .option("--count <n>", "completions of each picture", read.whole("--count", 1, 65_536), 4)
    .option("--limit <n>", "complete only the first pictures", read.whole("--limit", 1), 8)
    .option(
      "--seed <n>",
      "completion j of picture i is drawn as picture i * count + j of a seed is",
      read.whole("--seed", 0),
      0,
    )
    .option("--temperature <t>", "below 1 likelier, above 1 more varied", read.temperature, 1)
    .option(
      "--out <path>",
      "a .png file for all (a row for each picture, itself first), or a folder for single files",
      COMPLETIONS.complete,
    )
    .option("--skip-bad", "leave out pictures that cannot be read");
  read.withClasses(command, "the pictures' own, or all");
  withPart(command, "--out");
  read.withWorkers(command);
  read.withCondition(command, "these have the names of the pictures");
  read.withCheckpoint(command);
  withModelFile(command);
  read.withCommonOptions(command).addHelpText("after", CONDITIONS);
  command.action(async (run: string, dataset: string, flags: CompleteFlags) => {
    const drawn = await runCompletion(run, dataset, flags);
    if ("part" in drawn) return result(drawn.json, drawn.part, flags.json);
    result(
      drawn,
      `drew ${drawn.count} completion(s) of ${drawn.pictures} picture(s), ${drawn.drawnPixels} of ` +
        `${drawn.givenPixels + drawn.drawnPixels} pixels, in ${duration(drawn.seconds)}: ${drawn.out}`,
      flags.json,
    );
  });
}

/** What is to be told of a part. */
interface CompletedPart {
  readonly part: string;
  readonly json: object;
}

interface Completed extends Pick<CompleteFlags, "count" | "seed" | "temperature" | "out"> {
  readonly run: string;
  readonly dataset: string;
  readonly files: number;
  /** Given ones; `count` is the completions of each. */
  readonly pictures: number;
  /** Of each picture. */
  readonly givenPixels: number;
  readonly drawnPixels: number;
  readonly seconds: number;
  /** Completions are counted. */
  readonly picturesPerSecond: number;
  /** -log p of what was drawn of each completion of each picture. */
  readonly nllNats: readonly (readonly number[])[] | undefined;
}

/** Completes pictures, read as the run's training pictures were, and writes them, with progress on stderr. */
async function runCompletion(
  run: string,
  dataset: string,
  flags: CompleteFlags,
): Promise<Completed | CompletedPart> {
  const { count, seed, temperature, out, part } = flags;
  const model = await openRun(run, flags);
  const isGiven = await givenPixels(flags, model.config.size);
  const given = await openGiven(model, dataset, { ...flags, ...readingDisplay() });
  await (part ? checkWritable(partFileOf(out, part)) : prepareOutput(out));
  const status = new StatusLine();
  const started = performance.now();
  const drawn = await complete(model, {
    ...flags,
    pictures: given.pictures,
    first: given.first,
    field: given.field,
    isGiven,
    classes: flags.class,
    labels: flags.class === undefined ? given.labels : undefined,
    onProgress: (done) => status.show(`drawing ${(100 * done).toFixed(0)} %`),
  });
  status.clear();
  const seconds = (performance.now() - started) / 1000;
  const text = pngText(model, { seed, temperature, completions: count });
  if (part) {
    const saved = await saveCompletions(model, out, {
      ...given,
      task: "complete",
      part,
      about: {
        "data set": dataset,
        seed,
        temperature,
        classes: flags.class,
        "given pixels": isGiven.join(""),
      },
      drawn,
      given: given.pictures,
      each: count,
      text,
    });
    return { part: saved.text, json: { run, dataset, ...saved.json } };
  }
  const files = await writeCompletions(out, drawn, { given: given.pictures, each: count }, text);
  const nats = drawn.nats && [...drawn.nats];
  const givenCount = countGiven(isGiven);
  return {
    run,
    dataset,
    out,
    files: files.length,
    pictures: given.count,
    count,
    seed,
    temperature,
    givenPixels: givenCount,
    drawnPixels: isGiven.length - givenCount,
    seconds,
    picturesPerSecond: drawn.count / seconds,
    nllNats: nats && Array.from({ length: given.count }, (_, i) => nats.slice(i * count, (i + 1) * count)),
  };
}
