import { join } from "node:path";
import { holderOf, lock, type Holder, type Lock } from "../files/lock.ts";

/** The lock file of a run folder. */
export const LOCK = "lock.json";

/**
 * Locks a run folder, which must exist, so that only this process trains the run: two would overwrite each other's
 * files.
 *
 * @throws LOCKED, WRITE as `lock`
 */
export const lockRun = (run: string): Promise<Lock> => lock(join(run, LOCK), run);

/**
 * Who trains a run: a process of this machine, by its number, or one of which no more is known than that it may be
 * alive. Undefined if nobody does.
 *
 * @throws LOCKED if the lock file cannot be read
 */
export const trainerOf = (run: string): Promise<Holder | undefined> => holderOf(run, join(run, LOCK));
