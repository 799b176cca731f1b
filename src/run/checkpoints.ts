import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { expected, NextpixelError, wholeNumber } from "../basics/errors.ts";
import { isTemporary, writeAtomically } from "../files/atomic-write.ts";
import { isThere, readBounded } from "../files/bounded-read.ts";
import { readError, unlessMissing, writeError } from "../files/system-error.ts";
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint, type ReadCheckpoint } from "./checkpoint.ts";
import { CHECKPOINTS, isPacked, PACKED_WEIGHTS } from "./run-folder.ts";
import { MAX_FILE_BYTES } from "./safetensors.ts";

const BEST = "best.safetensors";

/**
 * Writes a checkpoint, then deletes the older ones, except the `keep` - 1 newest of them. Returns the path of the file.
 *
 * @throws WRITE
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

/** Writes the checkpoint of the best validation so far, in place of the previous one. @throws WRITE */
export async function saveBestCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await writeAtomically(join(path, CHECKPOINTS, BEST), encodeCheckpoint(checkpoint));
}

/**
 * A checkpoint of a run: that of its best validation (the last, if there was no validation), the last, or that of a
 * step.
 */
export type CheckpointChoice = "best" | "last" | number;

/**
 * A checkpoint of a run.
 *
 * @throws NOT_FOUND, naming those that exist, if there is no such checkpoint; FORMAT if the file is damaged or was
 * renamed
 */
export async function readCheckpoint(path: string, choice: CheckpointChoice): Promise<ReadCheckpoint> {
  if (choice !== "best" && choice !== "last") wholeNumber(choice, "the step of the checkpoint", 0);
  const found = choice === "best" ? await bestCheckpoint(path) : undefined;
  if (found) return found;
  const steps = await stepsOf(path);
  const [last] = steps;
  const run = JSON.stringify(path);
  if (await isPacked(path)) {
    throw expected(
      "NOT_FOUND",
      "best, the only weights of a packed model,",
      `the checkpoint of ${run}`,
      choice,
    );
  }
  if (last === undefined) {
    throw new NextpixelError(
      "NOT_FOUND",
      `no checkpoint in ${run}: expected a folder made by nextpixel train`,
    );
  }
  const step = typeof choice === "number" ? choice : last;
  if (!steps.includes(step)) {
    throw expected(
      "NOT_FOUND",
      `best, last or one of ${steps.join(", ")}`,
      `the checkpoint of ${run}`,
      choice,
    );
  }
  const file = join(path, CHECKPOINTS, checkpointName(step));
  const checkpoint = decodeCheckpoint(await readBounded(file, MAX_FILE_BYTES), file);
  if (checkpoint.step !== step) {
    throw expected("FORMAT", `step ${step} in the metadata`, file, checkpoint.step);
  }
  return checkpoint;
}

/** The file of the averaged weights alone. */
const bestFile = async (path: string): Promise<string> =>
  (await isPacked(path)) ? join(path, PACKED_WEIGHTS) : join(path, CHECKPOINTS, BEST);

/** The checkpoint of the best validation, if there was one. @throws FORMAT if the file is damaged */
export async function bestCheckpoint(path: string): Promise<ReadCheckpoint | undefined> {
  const file = await bestFile(path);
  const isThere = await unlessMissing(stat(file)).catch((cause: unknown) => {
    throw readError(file, cause);
  });
  return isThere && decodeCheckpoint(await readBounded(file, MAX_FILE_BYTES), file);
}

/** Whether a run has a checkpoint to go on from. @throws NOT_FOUND if the folder cannot be read */
export const hasCheckpoint = async (path: string): Promise<boolean> => (await stepsOf(path)).length > 0;

/** Whether a run has weights to draw with. @throws NOT_FOUND if the folder cannot be read */
export const hasWeights = async (path: string): Promise<boolean> =>
  (await hasCheckpoint(path)) || (await isThere(await bestFile(path)));

/** The steps of a run that have a checkpoint, highest first. */
async function stepsOf(path: string): Promise<number[]> {
  const folder = join(path, CHECKPOINTS);
  const names = await unlessMissing(readdir(folder)).catch((cause: unknown) => {
    throw readError(folder, cause);
  });
  return checkpointSteps(names ?? []);
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
