import { randomBytes } from "node:crypto";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { threadId } from "node:worker_threads";
import { systemCode } from "../files/system-error.ts";

/** Nobody who still writes to a file leaves it alone for as long as that: connections are given up much sooner. */
const ABANDONED_AFTER = 10 * 60 * 1000;

/** The part files that this thread is writing. */
const inUse = new Set<string>();

/**
 * The name of the file that a download of `path` is to be written to until it is complete. Each download has a part file of its
 * own, so two at once cannot disturb each other; its name says who writes it. Of what earlier downloads that were cut off have
 * left, the largest gets the new name, for which a rename succeeds for one of those who try; the rest is removed. To be given
 * back by `releasePart`. Throws what the file system throws.
 */
export async function claimPart(path: string): Promise<string> {
  const part = `${path}.${writer()}-${randomBytes(4).toString("hex")}.part`;
  inUse.add(part);
  let isResumed = false;
  for (const left of await abandoned(path)) {
    if (isResumed) await rm(left, { force: true });
    else isResumed = await isRenamed(left, part);
  }
  return part;
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

/** To be called when a part file is not written to any more. */
export const releasePart = (part: string): void => void inUse.delete(part);

const HOST = hostname().replaceAll(/[^\w]/g, "_");
const writer = (): string => `${HOST}-${process.pid}-${threadId}`;

/** The parts of a file that nobody is writing any more, the largest first. */
async function abandoned(path: string): Promise<string[]> {
  const found: { readonly part: string; readonly size: number }[] = [];
  for (const name of await readdir(dirname(path))) {
    const match = name.startsWith(`${basename(path)}.`)
      ? /^(\w+)-(\d+)-(\d+)-[0-9a-f]{8}\.part$/.exec(name.slice(basename(path).length + 1))
      : undefined;
    if (!match) continue;
    const part = join(dirname(path), name);
    const stats = await stat(part).catch(() => undefined);
    if (stats === undefined) continue;
    const isOld = Date.now() - stats.mtimeMs > ABANDONED_AFTER;
    if (isOld || hasLeft(part, match[1]!, Number(match[2]), Number(match[3])))
      found.push({ part, size: stats.size });
  }
  return found.sort((a, b) => b.size - a.size).map(({ part }) => part);
}

/** Whether the writer of a part is known to be gone: of other machines and threads nothing is known. */
function hasLeft(part: string, host: string, pid: number, thread: number): boolean {
  if (host !== HOST) return false;
  if (pid === process.pid) return thread === threadId && !inUse.has(part);
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return systemCode(error) === "ESRCH";
  }
}
