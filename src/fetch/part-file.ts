import { rename, rm, stat } from "node:fs/promises";
import { systemCode } from "../files/system-error.ts";
import { claim, unfinished } from "./unfinished.ts";

/** Nobody who still writes to a file leaves it alone for as long as that: connections are given up much sooner. */
const ABANDONED_AFTER = 10 * 60 * 1000;

const ENDING = "part";

/**
 * The name of the file that a download of `path` is to be written to until it is complete. Each download has a part file of its
 * own, so two at once cannot disturb each other; its name says who writes it. Of what earlier downloads that were cut off have
 * left, the largest gets the new name, for which a rename succeeds for one of those who try; the rest is removed. To be given
 * back by `release`. Throws what the file system throws.
 */
export async function claimPart(path: string): Promise<string> {
  const part = claim(path, ENDING);
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

/** The parts of a file that nobody is writing any more, the largest first. */
async function abandoned(path: string): Promise<string[]> {
  const found: { readonly part: string; readonly size: number }[] = [];
  for (const { path: part, isAbandoned } of await unfinished(path, ENDING)) {
    const stats = await stat(part).catch(() => undefined);
    if (stats === undefined) continue;
    const isOld = Date.now() - stats.mtimeMs > ABANDONED_AFTER;
    if (isOld || isAbandoned) found.push({ part, size: stats.size });
  }
  return found.sort((a, b) => b.size - a.size).map(({ part }) => part);
}
