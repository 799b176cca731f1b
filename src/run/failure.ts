import { rm } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { writeAtomically } from "../files/atomic-write.ts";
import { readBounded } from "../files/bounded-read.ts";
import { checked } from "../files/checked.ts";
import { parseJson } from "../files/json.ts";
import { systemCode, writeError } from "../files/system-error.ts";
import { FAILURE } from "./run-folder.ts";

const schema = v.object({ message: v.string() });

/** Why the last training of a run failed. */
export type Failure = v.InferOutput<typeof schema>;

const MAX_BYTES = 2 ** 14;
const MAX_MESSAGE = 2 ** 10;

/** Writes down why the training of a run has failed, for those who look at the run later. @throws WRITE */
export const saveFailure = (run: string, error: unknown): Promise<void> => {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, MAX_MESSAGE);
  return writeAtomically(join(run, FAILURE), `${JSON.stringify({ message } satisfies Failure)}\n`);
};

/** Forgets an earlier failure: the run is trained again. @throws WRITE */
export async function clearFailure(run: string): Promise<void> {
  const file = join(run, FAILURE);
  await rm(file, { force: true }).catch((cause: unknown) => {
    throw writeError(file, cause);
  });
}

/** Why the last training of a run failed; undefined if it did not. @throws NOT_FOUND, FORMAT */
export async function readFailure(run: string): Promise<Failure | undefined> {
  const file = join(run, FAILURE);
  try {
    return checked(schema, parseJson(await readBounded(file, MAX_BYTES), file), file);
  } catch (error) {
    if (error instanceof Error && systemCode(error.cause) === "ENOENT") return undefined;
    throw error;
  }
}
