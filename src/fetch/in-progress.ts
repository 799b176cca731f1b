import { randomBytes } from "node:crypto";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { threadId } from "node:worker_threads";
import { isThere } from "../files/bounded-read.ts";
import { isRunning } from "../files/is-running.ts";
import { makeFolder } from "../files/make-folder.ts";
import { isSystemError, unlessMissing, writeError } from "../files/system-error.ts";
import type { FetchSettings } from "./settings.ts";

/** What this thread is writing. */
const inUse = new Set<string>();

const HOST = hostname().replaceAll(/[^\w]/g, "_");

/** Nobody who still writes to a file leaves it alone for so many milliseconds: connections are given up much sooner. */
const ABANDONED_AFTER = 10 * 60 * 1000;

/**
 * Makes a file or a folder at `path`, which appears when it is complete: until then `fill` writes to another name
 * beside it. That name says who writes, so that two processes do not disturb each other. Of the files that dead
 * processes have left, `fill` finds the largest, to go on with it; folders they have left are removed. After an error a
 * file is left for the next call. It is no error if another process was faster.
 *
 * @throws WRITE if the file system fails; what `fill` throws.
 */
export async function complete(
  path: string,
  kind: "part" | "unpacking",
  { onEvent }: FetchSettings,
  fill: (part: string) => Promise<void>,
): Promise<void> {
  const writer = `${HOST}-${process.pid}-${threadId}-${randomBytes(4).toString("hex")}`;
  const part = `${path}.${writer}.${kind}`;
  inUse.add(part);
  try {
    await makeFolder(dirname(path));
    for (const left of await abandoned(path, kind)) {
      // Of several who try, one succeeds.
      if (kind === "part" && !(await isThere(part))) await unlessMissing(rename(left, part));
      else await rm(left, { recursive: true, force: true });
    }
    await fill(part);
    await rename(part, path);
  } catch (cause) {
    if (await isThere(path)) return;
    throw isSystemError(cause) ? writeError(path, cause) : cause;
  } finally {
    inUse.delete(part);
    // The first failure is the one to report.
    if (kind === "unpacking" || (await isThere(path)))
      await rm(part, { recursive: true, force: true }).catch(() => undefined);
    onEvent({ kind: "end", file: path });
  }
}

const PART = /^(.+)\.(\w+)-(\d+)-(\d+)-[0-9a-f]{8}\.(\w+)$/;

/** The parts of `path` that nobody is writing any more, the largest first. */
async function abandoned(path: string, kind: string): Promise<string[]> {
  const found: { readonly part: string; readonly size: number }[] = [];
  for (const name of await readdir(dirname(path))) {
    const [, of, host, pid, thread, ending] = PART.exec(name) ?? [];
    if (of !== basename(path) || ending !== kind) continue;
    const part = join(dirname(path), name);
    const stats = await unlessMissing(stat(part));
    const isOld = stats?.isFile() && Date.now() - stats.mtimeMs > ABANDONED_AFTER;
    if (stats && (isOld || isGone(part, host!, Number(pid), Number(thread))))
      found.push({ part, size: stats.size });
  }
  return found.sort((a, b) => b.size - a.size).map(({ part }) => part);
}

/** Whether the writer of a part is known to have ended: of other machines and threads nothing is known. */
function isGone(part: string, host: string, pid: number, thread: number): boolean {
  if (host !== HOST) return false;
  return pid === process.pid ? thread === threadId && !inUse.has(part) : !isRunning(pid);
}
