import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { NextpixelError } from "../basics/errors.ts";
import { isTemporary, writeAtomically } from "../files/atomic-write.ts";
import { isFile, readBounded } from "../files/bounded-read.ts";
import { checkFolderName } from "../files/folder-name.ts";
import { makeFolder } from "../files/make-folder.ts";
import { parseJson } from "../files/json.ts";
import { readError, unlessMissing, writeError } from "../files/system-error.ts";
import { LOCK } from "./lock.ts";

/*
 * A run folder holds all that training leaves behind:
 *
 *     config.json                              what was asked for
 *     metrics.jsonl                            one line of JSON for each record
 *     checkpoints/step-00001200.safetensors    parameters and the state of the optimizer
 *     checkpoints/best.safetensors             averaged weights alone, of the step with the best validation
 *     tokenizer.safetensors                    the tokenizer, of a network that draws codes
 *     codes/train.npy, valid.npy               the codes that such a network was trained on, and validated with
 *     samples/                                 pictures drawn on the way
 *     tensorboard/                             metrics and pictures for TensorBoard
 *     lock.json                                who trains it, while somebody does
 *     failure.json                             why the last training failed, if it did
 *     train.log                                what a training that the studio started has said
 *
 * A packed model, which `nextpixel pack` makes of a run, is a folder that can be drawn and scored with, but not trained:
 *
 *     config.json                              without the names of what is on one machine only
 *     model.safetensors                        averaged weights alone
 *
 * and what people and other programs read: README.md, samples.png, onnx/model.onnx.
 */
export const CONFIG = "config.json";
export const METRICS = "metrics.jsonl";
export const CHECKPOINTS = "checkpoints";
export const TOKENIZER_FILE = "tokenizer.safetensors";
export const CODES = "codes";
export const SAMPLES = "samples";
export const TENSORBOARD = "tensorboard";
export const FAILURE = "failure.json";
export const LOG = "train.log";
export const PACKED_WEIGHTS = "model.safetensors";

/** The name of the file in `SAMPLES` with the pictures that were drawn after a step. */
export const previewFile = (step: number): string => `step-${String(step).padStart(8, "0")}.png`;

/** The step of a file of that name; undefined if it is another file. */
export function previewStep(name: string): number | undefined {
  const step = Number(/^step-(\d{8,15})\.png$/.exec(name)?.[1]);
  return Number.isSafeInteger(step) && previewFile(step) === name ? step : undefined;
}

/** With the names of as many classes as there may be. */
const MAX_CONFIG_BYTES = 2 ** 23;

/**
 * Makes the folder of a new run. With `force`, first removes the run that is there, and no other file.
 *
 * @throws EXISTS if the path is a file, or a folder with anything in it (with `force`: with anything but a run);
 * ARGUMENT if it looks like the name of a file; WRITE if the folder cannot be made
 */
export async function createRunFolder(path: string, options: { force?: boolean } = {}): Promise<void> {
  try {
    if (await isTaken(path)) {
      if (options.force !== true) {
        throw exists(path, "is not empty: choose another folder, or start over by force");
      }
      if (!(await isRun(path))) {
        throw exists(path, `has files but no ${CONFIG}, so nothing in it is removed: choose another folder`);
      }
      await refusePacked(path);
      // The configuration is removed last: without it, the rest would not be recognised as a run after a crash.
      for (const name of [
        METRICS,
        CHECKPOINTS,
        TOKENIZER_FILE,
        CODES,
        SAMPLES,
        TENSORBOARD,
        FAILURE,
        CONFIG,
      ]) {
        await rm(join(path, name), { recursive: true, force: true });
      }
    }
    await checkFolderName(path, "the run", "the name of a folder");
  } catch (cause) {
    throw cause instanceof NextpixelError ? cause : writeError(path, cause);
  }
  await completeRunFolder(path);
}

/**
 * Makes the folders of a run that are missing: copies by tools that keep only files, such as Git, lack empty ones.
 *
 * @throws WRITE
 */
export async function completeRunFolder(path: string): Promise<void> {
  for (const folder of [CHECKPOINTS, SAMPLES])
    await makeFolder(join(path, folder)).catch((cause: unknown) => {
      throw writeError(path, cause);
    });
}

/** Whether a path holds more than an empty folder, or the empty folders of a run that never began. */
async function isTaken(path: string): Promise<boolean> {
  const found = await unlessMissing(stat(path));
  if (found === undefined) return false;
  if (!found.isDirectory()) throw exists(path, "is a file, not a folder: choose another name");
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (isTemporary(entry.name) || entry.name === LOCK || entry.name === LOG) continue;
    const ours = entry.isDirectory() && (entry.name === CHECKPOINTS || entry.name === SAMPLES);
    if (!ours || (await readdir(join(path, entry.name))).length > 0) return true;
  }
  return false;
}

/** Whether there is a packed model at a path. */
export const isPacked = (path: string): Promise<boolean> => isFile(join(path, PACKED_WEIGHTS));

/** Checks that a folder is not a packed model, which cannot be trained. @throws EXISTS */
export async function refusePacked(path: string): Promise<void> {
  if (await isPacked(path))
    throw exists(path, "is a packed model, which cannot be trained: choose another folder");
}

/** Whether there is a run at a path. */
export async function isRun(path: string): Promise<boolean> {
  return (await unlessMissing(stat(join(path, CONFIG))))?.isFile() ?? false;
}

function exists(path: string, problem: string): NextpixelError {
  return new NextpixelError("EXISTS", `${JSON.stringify(path)} ${problem}`, { about: ["out", "force"] });
}

/** Writes `config.json`. @throws WRITE */
export async function writeConfig(path: string, config: object): Promise<void> {
  await writeAtomically(join(path, CONFIG), `${JSON.stringify(config, null, 2)}\n`);
}

/** The content of `config.json`. @throws NOT_FOUND if there is no run; FORMAT as `parseJson` */
export async function readConfig(path: string): Promise<unknown> {
  const file = join(path, CONFIG);
  const found = await unlessMissing(stat(file)).catch((cause: unknown) => {
    throw readError(file, cause);
  });
  if (found === undefined) {
    const run = JSON.stringify(path);
    throw new NextpixelError("NOT_FOUND", `no run at ${run}: expected a folder made by nextpixel train`);
  }
  return parseJson(await readBounded(file, MAX_CONFIG_BYTES), file);
}
