import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { threadId } from "node:worker_threads";
import { systemCode } from "../files/system-error.ts";

/** What this thread is writing. */
const inUse = new Set<string>();

const HOST = hostname().replaceAll(/[^\w]/g, "_");

/**
 * A new name beside `path`, for what is to get that name when it is complete. It says who writes it, so that others can tell
 * whether it has been left behind. To be given back by `release`.
 */
export function claim(path: string, ending: string): string {
  const writer = `${HOST}-${process.pid}-${threadId}`;
  const name = `${path}.${writer}-${randomBytes(4).toString("hex")}.${ending}`;
  inUse.add(name);
  return name;
}

/** To be called when nothing is written under a name any more. */
export const release = (name: string): void => void inUse.delete(name);

export interface Unfinished {
  readonly path: string;
  /** Whether its writer is known to be gone: of other machines and threads nothing is known. */
  readonly isAbandoned: boolean;
}

/** What goes by names that were claimed for `path`. Throws what the file system throws. */
export async function unfinished(path: string, ending: string): Promise<Unfinished[]> {
  const found: Unfinished[] = [];
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(`${basename(path)}.`)) continue;
    const rest = name.slice(basename(path).length + 1);
    const [, host, pid, thread, end] = /^(\w+)-(\d+)-(\d+)-[0-9a-f]{8}\.(\w+)$/.exec(rest) ?? [];
    if (end !== ending) continue;
    const one = join(dirname(path), name);
    found.push({ path: one, isAbandoned: hasLeft(one, host!, Number(pid), Number(thread)) });
  }
  return found;
}

function hasLeft(path: string, host: string, pid: number, thread: number): boolean {
  if (host !== HOST) return false;
  if (pid === process.pid) return thread === threadId && !inUse.has(path);
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return systemCode(error) === "ESRCH";
  }
}
