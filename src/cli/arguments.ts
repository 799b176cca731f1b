import { extname } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import { expected, wholeNumber } from "../basics/errors.ts";
import type { OpenOptions } from "../data/open.ts";
import { TEMPERATURES } from "../programs/sampler.ts";
import type { CheckpointChoice } from "../run/checkpoints.ts";
import { MAX_THREADS } from "../runtime/threads.ts";

/** What `<run>` may be, for help. */
export const RUN = "folder of a run, or hf:owner/name[@revision], a model on the Hugging Face Hub";

/** The flag of an option, of its name in camel case. */
export const flagOf = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

// Readers of option values. Their errors name the option; ranges are the same for all commands.

/** A whole number of at least `min`, for the option `name`. */
export const whole =
  (name: string, min: number, max?: number) =>
  (text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isNaN(value)) throw expected("ARGUMENT", "a whole number", name, text);
    return wholeNumber(value, name, min, max);
  };

/** A number that fits; `range` says in words what fits. */
export const number =
  (range: string, fits: (value: number) => boolean) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value) && fits(value)) return value;
    throw new InvalidArgumentError(`Expected ${range}.`);
  };

export const positive = number("a number above 0", (value) => value > 0);
export const fraction = number("a number between 0 and 1", (value) => value > 0 && value < 1);
export const belowOne = number("a number of at least 0 and below 1", (value) => value >= 0 && value < 1);
/** Decays per step, separated by commas: a list, if there are several. */
export function decays(text: string): number | number[] {
  const all = text.split(",").map((one) => belowOne(one));
  if (new Set(all).size < all.length) throw new InvalidArgumentError("Expected different decays.");
  return all.length === 1 ? all[0]! : all;
}

const { least, largest } = TEMPERATURES;
export const temperature = number(
  `a number from ${least} to ${largest}`,
  (value) => value >= least && value <= largest,
);

/** WxH in pixels. */
export function pictureExtent(text: string): { rows: number; cols: number } {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(text);
  const [cols, rows] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  if (rows > 0 && cols > 0) return { rows, cols };
  throw new InvalidArgumentError("Expected WxH such as 32x32.");
}

/** The name of a file that is written in the format that its ending tells. */
export const fileNamed =
  (...endings: readonly string[]) =>
  (text: string): string => {
    if (endings.includes(extname(text).toLowerCase())) return text;
    throw new InvalidArgumentError(`Expected a file name that ends in ${endings.join(" or ")}.`);
  };

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: true;
  readonly verbose?: true;
}

export const withCommonOptions = (command: Command): Command =>
  command
    .option("--json", "print one JSON object on stdout, and nothing else there")
    .option("--verbose", "show where in the program an error came from");

/** The names of these options in the code. */
export const COMMON_KEYS: readonly string[] = ["json", "verbose"];

export const withThreads = (command: Command): Command =>
  command.option(
    "--threads <n>",
    "threads of ONNX Runtime (default: all cores)",
    whole("--threads", 1, MAX_THREADS),
  );

export const withWorkers = (command: Command): Command =>
  command.option(
    "--workers <n>",
    "threads that draw (default: all cores)",
    whole("--workers", 1, MAX_THREADS),
  );

/** Which classes a class-conditional model draws: `--class a --class b`. */
export const withClasses = (command: Command, byDefault: string): Command =>
  command.option(
    "--class <name>",
    `the class to draw, by its name or number (from 0); may be repeated, for several in turn (default: ${byDefault})`,
    (name: string, others: readonly string[] = []): readonly string[] => [...others, name],
  );

/** The one class of all pictures. */
export const withOneClass = (command: Command, byDefault: string): Command =>
  command.option("--class <name>", `the class of all, by its name or number, from 0 (default: ${byDefault})`);

/** Adds `--report`. */
export const withReport = (command: Command): Command =>
  command.option(
    "--report <file>",
    "report.json of nextpixel compare, whose figures are shown beside these runs",
  );

/** Other pictures that a model is conditioned on. */
export const withCondition = (command: Command, about: string): Command =>
  command.option("--condition <folder>", `of a model that is conditioned on other pictures: ${about}`);

/** Of which size a tokenizer's pictures are. */
export const withTokenizerSize = (command: Command): Command =>
  command.option(
    "--size <WxH>",
    "of a tokenizer: the size of the pictures, of which the centre is read (default: that of its training)",
    pictureExtent,
  );

/** Which weights of a run are used. */
export const withCheckpoint = (command: Command): Command =>
  command.option(
    "--checkpoint <which>",
    "averaged weights of the best validation, the last step or a step that was kept: best, last or a number (default: best)",
    (text: string): CheckpointChoice =>
      text === "best" || text === "last" ? text : whole("--checkpoint", 0)(text),
  );

export interface CheckpointFlags {
  readonly checkpoint?: CheckpointChoice;
}

/** How pictures of a folder are read. */
export const withFolderOptions = (command: Command): Command =>
  command
    .option("--gray", "read coloured pictures as grey ones")
    .option(
      "--resize <WxH>",
      "scale the pictures of a folder to cover this size, and crop the centre",
      pictureExtent,
    )
    .option("--skip-bad", "leave out pictures that cannot be read")
    .option(
      "--frames",
      "take every frame of an animation (GIF, WebP) and every page of a TIFF file as a picture",
    )
    .option(
      "--white <value>",
      "of NumPy arrays, the value that is white: 1 or 255 for floats (default: 255 for uint8, 65535 for uint16)",
      positive,
    )
    .option(
      "--layout <axes>",
      "of NumPy arrays, a letter for each axis, such as NHWC, where the shape does not tell",
    );

export type FolderFlags = Pick<OpenOptions, "gray" | "resize" | "skipBad">;
