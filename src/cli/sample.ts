import type { Command } from "commander";
import { classTurns } from "../data/classes.ts";
import { checkWritable } from "../files/atomic-write.ts";
import { ANIMATION_ENDINGS, writeAnimation } from "../tasks/animation-file.ts";
import { prepareOutput, writePictures } from "../tasks/sample-files.ts";
import { conditionsInTurn } from "../tasks/run-dataset.ts";
import { sample } from "../tasks/sample.ts";
import { readingDisplay } from "./fetch-display.ts";
import { openRun, withModelFile, type RunFlags } from "./model-file.ts";
import * as read from "./arguments.ts";
import { duration, result, StatusLine } from "./output.ts";
import { pngText } from "./png-text.ts";

interface SampleFlags extends read.CommonOptions, RunFlags {
  readonly count: number;
  readonly seed: number;
  readonly temperature: number;
  readonly class?: readonly string[];
  readonly out: string;
  readonly animate?: string;
  readonly size?: { rows: number; cols: number };
  readonly workers?: number;
  readonly condition?: string;
}

export const SAMPLE_DEFAULTS = { count: 16, seed: 0, temperature: 1, out: "samples.png" } as const;

export function addSampleCommand(program: Command): void {
  const command = program
    .command("sample")
    .description("draw new pictures with a trained network")
    .argument("<run>", "folder of a run")
    .option("--count <n>", "pictures to draw", read.whole("--count", 1, 65_536), SAMPLE_DEFAULTS.count)
    .option(
      "--seed <n>",
      "picture k of a seed is always the same",
      read.whole("--seed", 0),
      SAMPLE_DEFAULTS.seed,
    )
    .option(
      "--temperature <t>",
      "below 1 likelier, above 1 more varied",
      read.temperature,
      SAMPLE_DEFAULTS.temperature,
    )
    .option("--out <path>", "a .png file for all, or a folder for single files", SAMPLE_DEFAULTS.out)
    .option(
      "--animate <file>",
      "also write an animation, .webp or .gif, of the pictures being drawn pixel by pixel",
      read.fileNamed(...ANIMATION_ENDINGS),
    )
    .option(
      "--size <WxH>",
      "size of the pictures (default: that of the training pictures)",
      read.pictureExtent,
    );
  read.withClasses(command, "all");
  read.withWorkers(command);
  read.withCondition(command, "one for each picture, in turn");
  read.withCheckpoint(command);
  withModelFile(command);
  read.withCommonOptions(command).action(async (run: string, flags: SampleFlags) => {
    const drawn = await runSampling(run, flags);
    const files = [drawn.out, ...(drawn.animation === undefined ? [] : [drawn.animation])].join(", ");
    result(drawn, `drew ${drawn.count} picture(s) in ${duration(drawn.seconds)}: ${files}`, flags.json);
  });
}

export interface Drawn extends Pick<SampleFlags, "count" | "seed" | "temperature" | "out"> {
  readonly run: string;
  /** Those drawn in turn, if the model knows classes. */
  readonly classes: readonly string[] | undefined;
  readonly files: number;
  /** The file with the animation, if there is one. */
  readonly animation: string | undefined;
  /** Bytes of memory that drawing took at most, of models that draw pixel by pixel. */
  readonly memoryBytes: number | undefined;
  readonly seconds: number;
  readonly picturesPerSecond: number;
  /** Milliseconds for each pixel of each picture. */
  readonly msPerPixel: number;
  /** -log p of each picture under the model, as it was drawn, if the model can tell. */
  readonly nllNats: readonly number[] | undefined;
}

/** Draws pictures and writes them, with progress on stderr. */
export async function runSampling(run: string, flags: SampleFlags): Promise<Drawn> {
  const { count, seed, temperature, out, animate, workers, size } = flags;
  const model = await openRun(run, flags);
  const turns = classTurns(model.config.classes, flags.class);
  const classes = turns?.map((number) => model.config.classes![number]!.name);
  const field = await conditionsInTurn(model, flags.condition, count, readingDisplay());
  await prepareOutput(out);
  if (animate !== undefined) await checkWritable(animate);
  const status = new StatusLine();
  const started = performance.now();
  const drawn = await sample(model, {
    count,
    seed,
    temperature,
    workers,
    size,
    classes: turns,
    field,
    onProgress: (done) => status.show(`drawing ${(100 * done).toFixed(0)} %`),
  });
  status.clear();
  const seconds = (performance.now() - started) / 1000;
  const pictures = { ...drawn, columns: columnsOf(classes, count) };
  const files = await writePictures(out, pictures, pngText(model, { seed, temperature, classes }));
  if (animate !== undefined) await writeAnimation(animate, pictures);
  const pixels = count * drawn.size.rows * drawn.size.cols;
  return {
    run,
    out,
    classes,
    files: files.length,
    animation: animate,
    count,
    seed,
    temperature,
    memoryBytes: drawn.bytes,
    seconds,
    picturesPerSecond: count / seconds,
    msPerPixel: (1000 * seconds) / pixels,
    nllNats: drawn.nats && [...drawn.nats],
  };
}

const MOST_COLUMNS = 32;

/** A column of the one picture for each class, if there are several but not too many. */
const columnsOf = (classes: readonly string[] | undefined, count: number): number | undefined =>
  classes && classes.length > 1 && classes.length <= Math.min(count, MOST_COLUMNS)
    ? classes.length
    : undefined;
