import { mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { expected, NextpixelError, wholeNumber } from "../basics/errors.ts";
import { isTemporary, writeAtomically } from "../files/atomic-write.ts";
import { readBounded } from "../files/bounded-read.ts";
import { readError, systemCode, writeError } from "../files/system-error.ts";
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { MAX_FILE_BYTES } from "./safetensors.ts";

/*
 * A run folder holds all that training leaves behind:
 *
 *     config.json                              what was asked for
 *     metrics.jsonl                            one line of JSON for each record
 *     checkpoints/step-00001200.safetensors    parameters and the state of the optimizer
 *     samples/                                 pictures drawn on the way
 */
const CONFIG = "config.json";
const METRICS = "metrics.jsonl";
const CHECKPOINTS = "checkpoints";
const SAMPLES = "samples";

const MAX_CONFIG_BYTES = 2 ** 20;

/**
 * Makes the folder of a new run. With `force`, first removes the run that is there, and no other file. Throws
 * EXISTS if the path is a file, or a folder with anything in it (with `force`: with anything but a run), and WRITE
 * if the folder cannot be made.
 */
export async function createRunFolder(path: string, options: { force?: boolean } = {}): Promise<void> {
  try {
    if (await isTaken(path)) {
      if (options.force !== true) {
        throw exists(path, "is not empty: choose another --out, or --force to start over");
      }
      if (!(await isRun(path))) {
        throw exists(path, `has files but no ${CONFIG}, so --force leaves it alone: choose another --out`);
      }
      // The config goes last: without it, what a crash leaves would not be known as a run any more.
      for (const name of [METRICS, CHECKPOINTS, SAMPLES, CONFIG]) {
        await rm(join(path, name), { recursive: true, force: true });
      }
    }
    await mkdir(join(path, CHECKPOINTS), { recursive: true });
    await mkdir(join(path, SAMPLES), { recursive: true });
  } catch (cause) {
    throw cause instanceof NextpixelError ? cause : writeError(path, cause);
  }
}

/** Whether there is more at a path than an empty folder, or the empty folders of a run that never began. */
async function isTaken(path: string): Promise<boolean> {
  const found = await unlessMissing(stat(path));
  if (found === undefined) return false;
  if (!found.isDirectory()) throw exists(path, "is a file, not a folder: choose another --out");
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (isTemporary(entry.name)) continue;
    const ours = entry.isDirectory() && (entry.name === CHECKPOINTS || entry.name === SAMPLES);
    if (!ours || (await readdir(join(path, entry.name))).length > 0) return true;
  }
  return false;
}

async function isRun(path: string): Promise<boolean> {
  return (await unlessMissing(stat(join(path, CONFIG))))?.isFile() ?? false;
}

function exists(path: string, problem: string): NextpixelError {
  return new NextpixelError("EXISTS", `${JSON.stringify(path)} ${problem}`);
}

/** Writes `config.json`. Throws WRITE. */
export async function writeConfig(path: string, config: object): Promise<void> {
  await writeAtomically(join(path, CONFIG), `${JSON.stringify(config, null, 2)}\n`);
}

/** What `config.json` holds. Throws NOT_FOUND if there is no run, FORMAT if the file is not JSON. */
export async function readConfig(path: string): Promise<unknown> {
  const file = join(path, CONFIG);
  const found = await unlessMissing(stat(file)).catch((cause: unknown) => {
    throw readError(file, cause);
  });
  if (found === undefined) {
    const run = JSON.stringify(path);
    throw new NextpixelError("NOT_FOUND", `no run at ${run}: expected a folder made by nextpixel train`);
  }
  const text = new TextDecoder().decode(await readBounded(file, MAX_CONFIG_BYTES));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NextpixelError("FORMAT", `expected JSON in ${file}, received something else`, { cause });
  }
}

/** Appends a line of JSON to `metrics.jsonl`. Throws WRITE. */
export async function appendMetrics(path: string, record: object): Promise<void> {
  const file = join(path, METRICS);
  try {
    const metrics = await open(file, "a+");
    try {
      // A crash may have left half a line, which must not swallow this one.
      const { size } = await metrics.stat();
      const last = size > 0 ? (await metrics.read(new Uint8Array(1), 0, 1, size - 1)).buffer[0] : NEWLINE;
      await metrics.writeFile(`${last === NEWLINE ? "" : "\n"}${JSON.stringify(record)}\n`);
    } finally {
      await metrics.close();
    }
  } catch (cause) {
    throw writeError(file, cause);
  }
}

const NEWLINE = 0x0a;

/**
 * Writes a checkpoint, then deletes the older ones, except the `keep` - 1 newest of them. Returns the path of the
 * file; throws WRITE.
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint, keep = 2): Promise<string> {
  const step = wholeNumber(checkpoint.step, "step", 0);
  wholeNumber(keep, "checkpoints to keep", 1);
  const folder = join(path, CHECKPOINTS);
  const file = join(folder, checkpointName(step));
  await writeAtomically(file, encodeCheckpoint(checkpoint));
  try {
    const names = await readdir(folder);
    const older = checkpointSteps(names).filter((other) => other < step);
    const surplus = [...older.slice(keep - 1).map(checkpointName), ...names.filter(isTemporary)];
    for (const name of surplus) await rm(join(folder, name), { force: true });
  } catch (cause) {
    throw writeError(folder, cause);
  }
  return file;
}

/**
 * The checkpoint of the highest step. Throws NOT_FOUND if there is none, FORMAT if the file is damaged or was
 * renamed.
 */
export async function latestCheckpoint(path: string): Promise<Checkpoint> {
  const folder = join(path, CHECKPOINTS);
  const names = await unlessMissing(readdir(folder)).catch((cause: unknown) => {
    throw readError(folder, cause);
  });
  const step = checkpointSteps(names ?? [])[0];
  if (step === undefined) {
    const run = JSON.stringify(path);
    throw new NextpixelError(
      "NOT_FOUND",
      `no checkpoint in ${run}: expected a folder made by nextpixel train`,
    );
  }
  const file = join(folder, checkpointName(step));
  const checkpoint = decodeCheckpoint(await readBounded(file, MAX_FILE_BYTES), file);
  if (checkpoint.step !== step) {
    throw expected("FORMAT", `step ${step} in the metadata`, file, checkpoint.step);
  }
  return checkpoint;
}

function checkpointName(step: number): string {
  return `step-${String(step).padStart(8, "0")}.safetensors`;
}

/** The steps that have a checkpoint among these files, highest first. */
function checkpointSteps(names: readonly string[]): number[] {
  return names
    .map((name) => ({ name, step: Number(/^step-(\d+)\.safetensors$/.exec(name)?.[1]) }))
    .filter(({ name, step }) => Number.isSafeInteger(step) && checkpointName(step) === name)
    .map(({ step }) => step)
    .sort((a, b) => b - a);
}

/** What the operating system answers, or `undefined` if there is no such file or folder. */
async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
