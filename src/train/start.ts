import { join } from "node:path";
import { writeAtomically } from "../files/atomic-write.ts";
import type { Lock } from "../files/lock.ts";
import { broadcast, type Communicator } from "../programs/communicator.ts";
import type { TrainablePart } from "../programs/trainable.ts";
import { initialState, type TrainingState } from "../programs/training-state.ts";
import { bestValueIn } from "../run/best-weights.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../run/checkpoint.ts";
import { bestCheckpoint, hasCheckpoint, readCheckpoint } from "../run/checkpoints.ts";
import { readRunConfig, runConfigOf, type RunConfig } from "../run/config.ts";
import { clearFailure } from "../run/failure.ts";
import { lockRun } from "../run/lock.ts";
import { truncateMetrics } from "../run/metrics.ts";
import { completeRunFolder, createRunFolder, isRun, TOKENIZER_FILE, writeConfig } from "../run/run-folder.ts";
import type { Tokenizer } from "../run/tokenizer-file.ts";
import { fromCheckpoint, toCheckpoint } from "../run/training-state.ts";
import { checkSame } from "./resumed-request.ts";

/** The best validation, by the figure that tells so. */
export interface BestValidation {
  readonly step: number;
  readonly value: number;
}

/** The state in which a training begins. */
export interface Start {
  readonly state: TrainingState;
  /** The step of the newest checkpoint on disk; -1 if there is none. */
  readonly saved: number;
  /** The best validation so far, if there was one. */
  readonly best: BestValidation | undefined;
  /** No other training uses this run until it is released. The first of several processes has it. */
  readonly lock: Lock | undefined;
}

/**
 * The same start for all processes that train together: the first one makes it, and tells the others.
 *
 * @throws as `start` and `allGather`
 */
export async function startTogether(
  world: Communicator | undefined,
  parts: readonly TrainablePart[],
  start: () => Promise<Start>,
): Promise<Start> {
  if (world === undefined) return start();
  let own: Start | undefined;
  const bytes = await broadcast(world, async () => {
    own = await start();
    const { state, saved, best } = own;
    const { metadata, ...checkpoint } = toCheckpoint(state, parts);
    return encodeCheckpoint({
      ...checkpoint,
      metadata: { ...metadata, saved: String(saved), ...(best && { best: JSON.stringify(best) }) },
    });
  });
  if (own) return own;
  const received = decodeCheckpoint(bytes, "what rank 0 has sent");
  const { saved, best } = received.metadata;
  return {
    state: fromCheckpoint(received, parts),
    saved: Number(saved),
    best: best === undefined ? undefined : (JSON.parse(best) as BestValidation),
    lock: undefined,
  };
}

/** Creates a new run with its tokenizer, if it has one, and locks it. @throws EXISTS, LOCKED, WRITE as `createRunFolder`, `lockRun` and `writeConfig` */
export async function beginRun(
  run: string,
  config: RunConfig,
  parts: readonly TrainablePart[],
  force: boolean,
  tokenizer?: Tokenizer,
): Promise<Start> {
  // No other process may train a run that is removed.
  const before = force && (await isRun(run)) ? await lockRun(run) : undefined;
  return unlessItFails(before, async () => {
    await createRunFolder(run, { force });
    const lock = before ?? (await lockRun(run));
    return unlessItFails(lock, async () => {
      // Before the configuration, which says that it is there.
      if (tokenizer) await writeAtomically(join(run, TOKENIZER_FILE), tokenizer.bytes);
      await writeConfig(run, config);
      return { ...fromScratch(config, parts), lock };
    });
  });
}

/**
 * Locks a run and reads the state of its last checkpoint. What was recorded after that checkpoint is removed. The order
 * of pictures, the learning rate and noise are functions of the step, so nothing else is needed. `figure` is the one
 * that says which checkpoint is best.
 *
 * @throws NOT_FOUND if there is no run; LOCKED; ARGUMENT as `checkSame`; FORMAT if a file of the run is damaged; WRITE
 */
export async function resumeRun(
  run: string,
  config: RunConfig,
  parts: readonly TrainablePart[],
  figure: string | undefined,
): Promise<Start> {
  const own = await readRunConfig(run);
  checkSame(run, own, runConfigOf(config, "the configuration"));
  const lock = await lockRun(run);
  return unlessItFails(lock, async () => {
    // A run may be killed before its first checkpoint.
    const last = (await hasCheckpoint(run)) ? await readCheckpoint(run, "last") : undefined;
    const start = last
      ? { state: fromCheckpoint(last, parts), saved: last.step, best: undefined }
      : fromScratch(config, parts);
    const { step } = start.state;
    const found = figure === undefined ? undefined : await bestCheckpoint(run);
    // A better one of a later step will be found again.
    const best =
      found && found.step <= step ? { step: found.step, value: bestValueIn(found, figure!) } : undefined;
    // Files are changed only from here on, after everything has been read and checked.
    await completeRunFolder(run);
    await clearFailure(run);
    await truncateMetrics(run, step);
    // A higher number of steps is saved, so that it need not be given again when the run is resumed once more.
    if (own.training.steps !== config.training.steps) await writeConfig(run, config);
    return { ...start, best, lock };
  });
}

/** The result of `work`. If it fails, the lock is released. */
async function unlessItFails<Result>(lock: Lock | undefined, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    await lock?.release();
    throw cause;
  }
}

const fromScratch = (config: RunConfig, parts: readonly TrainablePart[]): Omit<Start, "lock"> => ({
  state: initialState(parts, config.training.seed),
  saved: -1,
  best: undefined,
});
