import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { NextpixelError } from "../../basics/errors.ts";
import { lastLines } from "../../files/new-lines.ts";
import { unlessMissing } from "../../files/system-error.ts";
import type { NetworkConfig } from "../../programs/network.ts";
import { bestCheckpoint, hasWeights } from "../../run/checkpoints.ts";
import { readRunConfig } from "../../run/config.ts";
import { readFailure } from "../../run/failure.ts";
import { LOCK, trainerOf } from "../../run/lock.ts";
import { latestRecords, type LatestRecords } from "../../run/metrics.ts";
import { CHECKPOINTS, CONFIG, FAILURE, LOG, METRICS, PACKED_WEIGHTS, SAMPLES } from "../../run/run-folder.ts";
import { checkPublishable, isWatched } from "../publish.ts";
import type { RunState, RunSummary } from "../runs-api.ts";

/** What was read of a run, and of which state of its files. */
interface Known<Value> {
  readonly version: string;
  readonly value: Value;
}

/** Reads what it reads of a file again only if the file has changed. */
function remembered<Value, Given extends readonly unknown[]>(
  read: (run: string, ...given: Given) => Promise<Value>,
) {
  const known = new Map<string, Known<Value>>();
  return async (run: string, version: string, ...given: Given): Promise<Value> => {
    const found = known.get(run);
    if (found?.version === version) return found.value;
    const value = await read(run, ...given);
    known.set(run, { version, value });
    return value;
  };
}

/** Tells about a run; undefined if a folder is none, or cannot be read. */
export type Summarise = (run: string, name: string, isStarting: boolean) => Promise<RunSummary | undefined>;

/** Opens what tells about runs, and remembers what it has read of them. */
export function openSummaries(): Summarise {
  const configOf = remembered((run) => orProblem(readRunConfig(run)));
  const recordsOf = remembered((run) => orProblem(latestRecords(run)));
  const failureOf = remembered((run) => orProblem(readFailure(run)));
  const drawsOf = remembered(howItDraws);
  const saidOf = remembered(errorInLog);
  const packedStepOf = remembered((run) => orProblem(packedStep(run)));

  return async (run, name, isStarting) => {
    // Asking for what is not there takes as long as for what is there, and there may be many runs.
    const there = await readdir(run).catch((): string[] => []);
    if (!there.includes(CONFIG) && !there.includes(LOG)) return undefined;
    const files = [CONFIG, METRICS, FAILURE, LOG, CHECKPOINTS, SAMPLES, PACKED_WEIGHTS];
    const found = await Promise.all(
      files.map((file) => (there.includes(file) ? unlessMissing(stat(join(run, file))) : undefined)),
    );
    const version = (i: number) => {
      const file = found[i];
      return file === undefined ? "" : `${file.ino}-${file.size}-${file.mtimeMs}`;
    };
    const trainer = there.includes(LOCK) ? await trainerOf(run).catch(() => undefined) : undefined;
    const config = found[0] && (await configOf(run, version(0)));
    const records = await recordsOf(run, version(1));
    const failure = found[2] && (await failureOf(run, version(2)));
    const begun = config && !isProblem(config) ? config : undefined;
    const { step: recorded, valid }: LatestRecords = isProblem(records) ? { step: 0, valid: {} } : records;
    const packed = found[6] && (await packedStepOf(run, version(6)));
    const step = typeof packed === "number" ? packed : recorded;
    const steps = begun?.training.steps;
    // The log is older than what was recorded later, by a training in a terminal.
    const isLogNewest = (found[3]?.mtimeMs ?? 0) >= (found[1]?.mtimeMs ?? 0);
    const said = isLogNewest ? await saidOf(run, version(3)) : undefined;
    const isTraining = isStarting || trainer !== undefined;
    // A command that could not even resume a run has left it as it was.
    const fault =
      [config, records, failure, packed].find(isProblem)?.problem ??
      messageOf(failure) ??
      (config === undefined ? said : undefined);
    return {
      name,
      state: stateOf({
        isTraining,
        hasFailed: fault !== undefined,
        isPacked: found[6] !== undefined,
        step,
        steps,
      }),
      problem: isTraining ? undefined : (fault ?? said),
      model: begun?.network.model,
      family: begun?.family,
      dataset: begun?.data.train,
      step,
      steps,
      valid,
      metrics: version(1),
      log: version(3),
      previews: version(5),
      draws: begun && (await drawsOf(run, `${version(0)} ${version(4)} ${version(6)}`, begun.network)),
      changed: Math.max(0, ...found.map((file) => file?.mtimeMs ?? 0)),
    };
  };

  async function howItDraws(run: string, network: NetworkConfig): Promise<RunSummary["draws"]> {
    try {
      checkPublishable(network);
      if (!(await hasWeights(run))) return undefined;
      return isWatched(network) ? "pixels" : "pictures";
    } catch (error) {
      if (error instanceof NextpixelError) return undefined;
      throw error;
    }
  }
}

interface Progress {
  readonly isTraining: boolean;
  readonly hasFailed: boolean;
  readonly isPacked: boolean;
  readonly step: number;
  readonly steps: number | undefined;
}

function stateOf({ isTraining, hasFailed, isPacked, step, steps }: Progress): RunState {
  if (isTraining) return "training";
  if (hasFailed) return "failed";
  return isPacked || (steps !== undefined && step >= steps) ? "finished" : "interrupted";
}

/** The steps behind the weights of a packed model. */
const packedStep = async (run: string): Promise<number | undefined> => (await bestCheckpoint(run))?.step;

/** Far more than an error takes. */
const LOG_BYTES = 2 ** 14;

/** The error with which the last command ended that was started here, unless it was stopped. */
async function errorInLog(run: string): Promise<string | undefined> {
  const lines = await lastLines(join(run, LOG), LOG_BYTES);
  return /^error: (?!interrupted )(.*)/.exec(lines.at(-1) ?? "")?.[1];
}

interface Problem {
  readonly problem: string;
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === "object" && value !== null && "problem" in value;

const messageOf = (failure: { readonly message: string } | Problem | undefined): string | undefined =>
  failure !== undefined && "message" in failure ? failure.message : undefined;

/** A value that is read, or what is wrong with its file. */
const orProblem = <Value>(reading: Promise<Value>): Promise<Value | Problem> =>
  reading.catch((error: unknown) => {
    if (error instanceof NextpixelError) return { problem: error.message };
    throw error;
  });
