import { Option, type Command } from "commander";
import * as v from "valibot";
import { classTurns } from "../data/classes.ts";
import { checkWritable } from "../files/atomic-write.ts";
import { checked } from "../files/checked.ts";
import type { SavedModel } from "../run/saved-model.ts";
import { ANIMATION_ENDINGS, writeAnimation } from "../tasks/animation-file.ts";
import { picturesOf, type PartOfWork, type PictureRange } from "../tasks/part-of-work.ts";
import { pngText } from "../tasks/png-text.ts";
import { prepareOutput, writePictures } from "../tasks/sample-files.ts";
import { conditionsInTurn } from "../tasks/run-dataset.ts";
import { sample, type DrawnPictures } from "../tasks/sample.ts";
import * as read from "./arguments.ts";
import { aboutPictures, aboutWork, picturesIn } from "./merge-schema.ts";
import { readingDisplay } from "./fetch-display.ts";
import { openRun, withModelFile, type RunFlags } from "./model-file.ts";
import { duration, result, StatusLine } from "./output.ts";
import { partFileOf, savePart, withPart, type Merge, type PartFlags } from "./part-option.ts";

interface SampleFlags extends read.CommonOptions, RunFlags, PartFlags {
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
    .argument("<run>", read.RUN)
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
    .addOption(
      new Option(
        "--animate <file>",
        "also write an animation, .webp or .gif, of the pictures being drawn pixel by pixel",
      )
        .argParser(read.fileNamed(...ANIMATION_ENDINGS))
        .conflicts("part"),
    )
    .option(
      "--size <WxH>",
      "size of the pictures (default: that of the training pictures)",
      read.pictureExtent,
    );
  read.withClasses(command, "all");
  withPart(command, "--out");
  read.withWorkers(command);
  read.withCondition(command, "one for each picture, in turn");
  read.withCheckpoint(command);
  withModelFile(command);
  read.withCommonOptions(command).action(async (run: string, flags: SampleFlags) => {
    if (flags.part) {
      const { json, text } = await samplePart(run, flags, flags.part);
      return result({ run, ...json }, text, flags.json);
    }
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
  const { count, seed, temperature, out, animate } = flags;
  const model = await openRun(run, flags);
  const classes = classesAsked(model, flags);
  await prepareOutput(out);
  if (animate !== undefined) await checkWritable(animate);
  const started = performance.now();
  const drawn = await draw(model, flags, { first: 0, count });
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

/** Draws some of the pictures that are asked for, with progress on stderr. */
async function draw(model: SavedModel, flags: SampleFlags, range: PictureRange): Promise<DrawnPictures> {
  const status = new StatusLine();
  const field = await conditionsInTurn(model, flags.condition, range, readingDisplay());
  const drawn = await sample(model, {
    ...range,
    field,
    seed: flags.seed,
    temperature: flags.temperature,
    workers: flags.workers,
    size: flags.size,
    classes: classTurns(model.config.classes, flags.class),
    onProgress: (done) => status.show(`drawing ${(100 * done).toFixed(0)} %`),
  });
  status.clear();
  return drawn;
}

/** The names of the classes that are drawn in turn, if the model knows classes. */
const classesAsked = ({ config }: SavedModel, flags: SampleFlags): string[] | undefined =>
  classTurns(config.classes, flags.class)?.map((number) => config.classes![number]!.name);

/** Draws a part of the pictures. */
async function samplePart(run: string, flags: SampleFlags, part: PartOfWork) {
  const { count: total, seed, temperature, out } = flags;
  const model = await openRun(run, flags);
  const range = picturesOf(part, total);
  await checkWritable(partFileOf(out, part));
  const drawn = await draw(model, flags, range);
  const classes = classesAsked(model, flags);
  const about = {
    seed,
    temperature,
    classes,
    size: drawn.size,
    levels: drawn.levels,
    text: pngText(model, { seed, temperature, classes }),
  };
  const { pictures, nats } = drawn;
  return savePart(model, out, {
    task: "sample",
    about,
    part,
    total,
    ...range,
    arrays: { pictures, ...(nats && { nats }) },
  });
}

const aboutSamples = v.object({
  task: v.literal("sample"),
  ...aboutWork,
  seed: v.number(),
  temperature: v.number(),
  classes: v.optional(v.array(v.string())),
  ...aboutPictures,
});

/** Writes the pictures of all parts, as `sample` does. */
export const mergeSamples: Merge = async ({ about, count, arrays }, out = SAMPLE_DEFAULTS.out) => {
  const { text, classes, seed, temperature, size, levels } = checked(aboutSamples, about, "the parts");
  await prepareOutput(out);
  const drawn = { pictures: picturesIn(arrays, size, count), count, size, levels };
  const files = await writePictures(out, { ...drawn, columns: columnsOf(classes, count) }, text);
  const nats = arrays["nats"];
  return {
    json: { out, classes, files: files.length, count, seed, temperature, nllNats: nats && [...nats] },
    text: `${count} picture(s): ${out}`,
  };
};

const MOST_COLUMNS = 32;

/** A column of the one picture for each class, if there are several but not too many. */
const columnsOf = (classes: readonly string[] | undefined, count: number): number | undefined =>
  classes && classes.length > 1 && classes.length <= Math.min(count, MOST_COLUMNS)
    ? classes.length
    : undefined;
