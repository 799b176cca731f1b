import { randomBytes } from "node:crypto";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { threadId } from "node:worker_threads";
import { isSystemError, systemCode, writeError } from "../files/system-error.ts";
import { makeFolder } from "../files/make-folder.ts";

/** What this thread is writing. */
const inUse = new Set<string>();

const HOST = hostname().replaceAll(/[^\w]/g, "_");

/** Nobody who still writes to a file leaves it alone for so many milliseconds: connections are given up much sooner. */
const ABANDONED_AFTER = 10 * 60 * 1000;

/**
 * Makes a file or a folder at `path`, which appears when it is complete: until then `fill` writes to another name
 * beside it. That name says who writes, so that two processes do not disturb each other. What a dead process has left
 * is removed, or, if such parts can be resumed, the largest of them is what `fill` finds. After an error the part is
 * left if it can be resumed.
 *
 * @throws WRITE if the file system fails; what `fill` throws.
 */
export async function complete(
  path: string,
  { ending, canResume }: { readonly ending: string; readonly canResume: boolean },
  fill: (part: string) => Promise<void>,
): Promise<void> {
  const writer = `${HOST}-${process.pid}-${threadId}-${randomBytes(4).toString("hex")}`;
  const part = `${path}.${writer}.${ending}`;
  inUse.add(part);
  try {
    await makeFolder(dirname(path));
    let isResumed = !canResume;
    for (const left of await abandoned(path, ending)) {
      if (isResumed) await rm(left, { recursive: true, force: true });
      // Of several who try, one succeeds.
      else isResumed = await isRenamed(left, part);
    }
    await fill(part);
    await rename(part, path);
  } catch (cause) {
    throw isSystemError(cause) ? writeError(path, cause) : cause;
  } finally {
    inUse.delete(part);
    // The first failure is the one to report.
    if (!canResume) await rm(part, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function isRenamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** The parts of `path` that nobody is writing any more, the largest first. */
async function abandoned(path: string, ending: string): Promise<string[]> {
  const found: { readonly part: string; readonly size: number }[] = [];
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(`${basename(path)}.`)) continue;
    const rest = name.slice(basename(path).length + 1);
    const [, host, pid, thread, end] = /^(\w+)-(\d+)-(\d+)-[0-9a-f]{8}\.(\w+)$/.exec(rest) ?? [];
    const part = join(dirname(path), name);
    const stats = end === ending ? await stat(part).catch(() => undefined) : undefined;
    if (stats === undefined) continue;
    const isOld = stats.isFile() && Date.now() - stats.mtimeMs > ABANDONED_AFTER;
    if (isOld || isGone(part, host!, Number(pid), Number(thread))) found.push({ part, size: stats.size });
  }
  return found.sort((a, b) => b.size - a.size).map(({ part }) => part);
}

/** Whether the writer of a part is known to have ended: of other machines and threads nothing is known. */
function isGone(part: string, host: string, pid: number, thread: number): boolean {
  if (host !== HOST) return false;
  if (pid === process.pid) return thread === threadId && !inUse.has(part);
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return systemCode(error) === "ESRCH";
  }
}
