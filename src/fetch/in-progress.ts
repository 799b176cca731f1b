import { rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { NextpixelError } from "../basics/errors.ts";
import { isThere } from "../files/bounded-read.ts";
import { lock, type Lock } from "../files/lock.ts";
import { makeFolder } from "../files/make-folder.ts";
import { isSystemError, writeError } from "../files/system-error.ts";
import type { FetchSettings } from "./settings.ts";

/** Nobody can tell whether a process of another machine still runs, so each machine has parts of its own. */
const HOST = hostname().replaceAll(/[^\w]/g, "_");

/** Milliseconds between two looks at a lock, and after which a process is not waited for any more. */
const LOOK_EVERY = 100;
const LONGEST_WAIT = 60 * 60 * 1000;

/**
 * Makes a file or a folder at `path`, which appears when it is complete: until then `fill` writes to another name
 * beside it, the part. One process of a machine does so at a time, and others wait for it. What a process has left of
 * the part, because it was killed or has failed, is there for the next.
 *
 * @throws WRITE if the file system fails; LOCKED if another process takes longer than an hour; what `fill` throws.
 */
export async function complete(
  path: string,
  { onEvent }: FetchSettings,
  fill: (part: string) => Promise<void>,
): Promise<void> {
  const part = `${path}.${HOST}.part`;
  try {
    await makeFolder(dirname(path));
    const own = await lockWhenFree(`${path}.${HOST}.lock`, path, onEvent);
    try {
      if (await isThere(path)) return;
      await fill(part);
      await rename(part, path);
    } catch (cause) {
      if (!(await isThere(path))) throw cause;
      // Another machine was faster.
      await rm(part, { recursive: true, force: true });
    } finally {
      await own.release();
    }
  } catch (cause) {
    throw isSystemError(cause) ? writeError(path, cause) : cause;
  } finally {
    onEvent({ kind: "end", file: path });
  }
}

async function lockWhenFree(file: string, path: string, onEvent: FetchSettings["onEvent"]): Promise<Lock> {
  for (let waited = 0; ; waited += LOOK_EVERY) {
    try {
      return await lock(file, path);
    } catch (error) {
      const isLocked = error instanceof NextpixelError && error.code === "LOCKED";
      if (!isLocked || waited >= LONGEST_WAIT) throw error;
      if (waited === 0) onEvent({ kind: "wait", file: path, reason: error.message });
      await wait(LOOK_EVERY);
    }
  }
}
