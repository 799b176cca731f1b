import { NextpixelError } from "../basics/errors.ts";
import type { Declaration } from "../nn/scope.ts";
import { initialParameters } from "../programs/parameters.ts";
import { initialState, type TrainingState } from "../programs/training-step.ts";
import { bestCheckpoint, hasCheckpoint, readCheckpoint } from "../run/checkpoints.ts";
import { readRunConfig, runConfigOf, type RunConfig } from "../run/config.ts";
import { truncateMetrics } from "../run/metrics.ts";
import { createRunFolder, writeConfig } from "../run/run-folder.ts";
import { fromCheckpoint, validNatsOf } from "../run/training-state.ts";

/** Where a training begins. */
export interface Start {
  readonly state: TrainingState;
  /** The step of the newest checkpoint on disk; -1 if there is none. */
  readonly saved: number;
  /** Mean nats of the best validation so far; infinite if there was none. */
  readonly bestNats: number;
}

/** Makes a new run. Errors as of `createRunFolder` and `writeConfig`. */
export async function beginRun(
  run: string,
  config: RunConfig,
  declarations: readonly Declaration[],
  force: boolean,
): Promise<Start> {
  await createRunFolder(run, { force });
  await writeConfig(run, config);
  return fromScratch(config, declarations);
}

/**
 * Takes up a run where its last checkpoint was saved; what was recorded after that goes. Data order, learning rate and dropout
 * are functions of the step, so that nothing else has to be known. NOT_FOUND error if there is no run, ARGUMENT error if its
 * configuration is another, FORMAT error if a file of it is damaged, WRITE.
 */
export async function resumeRun(
  run: string,
  config: RunConfig,
  declarations: readonly Declaration[],
): Promise<Start> {
  checkSame(run, await readRunConfig(run), runConfigOf(config, "the configuration"));
  // A run may be killed before its first checkpoint.
  const last = (await hasCheckpoint(run)) ? await readCheckpoint(run, "last") : undefined;
  const start = last
    ? { state: fromCheckpoint(last, declarations), saved: last.step, bestNats: Number.POSITIVE_INFINITY }
    : fromScratch(config, declarations);
  const { step } = start.state;
  await truncateMetrics(run, step);
  const best = await bestCheckpoint(run);
  // One of a later step will be found again.
  return best && best.step <= step ? { ...start, bestNats: validNatsOf(best) } : start;
}

const fromScratch = (config: RunConfig, declarations: readonly Declaration[]): Start => ({
  state: initialState(initialParameters(declarations, config.training.seed)),
  saved: -1,
  bestNats: Number.POSITIVE_INFINITY,
});

/** Another version may go on, and another device may where the run's own is not to be had: weights then differ by rounding. */
const FREE_TO_CHANGE = ["nextpixel", "training.device"];

/** Refuses to go on with other pictures, another network or another training than the run's own. */
function checkSame(run: string, own: RunConfig, given: RunConfig): void {
  const [before, after] = [fieldsOf(own), fieldsOf(given)];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [wanted, received] = [before.get(key), after.get(key)];
    if (wanted === received || FREE_TO_CHANGE.includes(key)) continue;
    if (wanted === undefined && key.startsWith("data.pictures.")) continue;
    const [a, b] = [wanted, received].map((value) => (value === undefined ? "none" : JSON.stringify(value)));
    throw new NextpixelError("ARGUMENT", `expected ${key} ${a} to resume "${run}", received ${b}`);
  }
}

/** Every value inside a configuration, by its path. */
function fieldsOf(value: unknown, path = ""): Map<string, unknown> {
  if (typeof value !== "object" || value === null) return new Map(value === undefined ? [] : [[path, value]]);
  return new Map(
    Object.entries(value).flatMap(([key, field]) => [
      ...fieldsOf(field, path === "" ? key : `${path}.${key}`),
    ]),
  );
}
