import { join } from "node:path";
import { lock, type Lock } from "../files/lock.ts";

/** The lock file of a run folder. */
export const LOCK = "lock.json";

/**
 * Locks a run folder, which must exist, so that only this process trains the run: two would overwrite each other's
 * files.
 *
 * @throws LOCKED, WRITE as `lock`
 */
export const lockRun = (run: string): Promise<Lock> => lock(join(run, LOCK), run);
