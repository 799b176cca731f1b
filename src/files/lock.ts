import { randomBytes } from "node:crypto";
import { constants, copyFile, link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { NextpixelError } from "../basics/errors.ts";
import { readBounded } from "./bounded-read.ts";
import { isRunning } from "./is-running.ts";
import { parseJson } from "./json.ts";
import { systemCode, writeError } from "./system-error.ts";

// Only the process that a lock file names changes what the lock file is for.
//
// A lock file is never half written: it is written under another name, which is then linked. A process that was killed
// leaves its lock file behind. Exactly one other process may replace it: the one that holds the lock on that lock file,
// a second file beside it, with the token of the dead process in its name. The second lock is taken in the same way,
// because its holder may have been killed too.

export interface Lock {
  /** Releases the lock; more calls do nothing. @throws WRITE */
  release(): Promise<void>;
}

/** What a lock file says of the process that wrote it. */
const entrySchema = v.object({
  pid: v.number(),
  host: v.string(),
  /** When the process began, in the system's own units; the system may use a number of a process again. */
  began: v.optional(v.string()),
  since: v.string(),
  /** No other lock has it. */
  token: v.string(),
});
type Entry = v.InferOutput<typeof entrySchema>;

/** Far more than a lock file has. */
const MAX_BYTES = 2 ** 12;

/**
 * Locks what errors call `subject`, such as the path of a folder, for this process. `file` is the lock file; its folder
 * must exist. A lock that a process of this machine left behind when it was killed is taken over.
 *
 * @throws LOCKED if another process holds it, or may hold it because it was taken on another machine; WRITE if the lock
 * file cannot be written
 */
export async function lock(file: string, subject: string): Promise<Lock> {
  const own: Entry = {
    pid: process.pid,
    host: hostname(),
    began: await beginOf(process.pid),
    since: new Date().toISOString(),
    token: randomBytes(8).toString("hex"),
  };
  const asWriteError = (cause: unknown): never => {
    throw cause instanceof NextpixelError ? cause : writeError(file, cause);
  };
  await take(subject, file, own).catch(asWriteError);
  return {
    async release() {
      // Somebody may have removed the file by hand, and another process taken the lock.
      const holder = await entryOf(subject, file).catch(() => undefined);
      if (holder?.token === own.token) await rm(file, { force: true }).catch(asWriteError);
    },
  };
}

/** A process that holds a lock, or may hold it. */
export interface Holder {
  /** Its number, if it surely is a process of this machine that runs. */
  readonly pid: number | undefined;
}

/** Who holds a lock; undefined if nobody does. @throws LOCKED if the file cannot be read */
export async function holderOf(subject: string, file: string): Promise<Holder | undefined> {
  const entry = await entryOf(subject, file);
  if (entry === undefined || !(await mayLive(entry))) return undefined;
  // A file that does not say when its process began may name any process, which has nothing to do with the lock.
  const isSure = entry.host === hostname() && entry.began === (await beginOf(entry.pid));
  return { pid: isSure ? entry.pid : undefined };
}

/** Writes this process into a lock file. @throws LOCKED if another process that may be alive holds it */
async function take(subject: string, file: string, own: Entry): Promise<void> {
  for (;;) {
    if (await create(file, own)) return;
    const holder = await entryOf(subject, file);
    if (holder === undefined) continue;
    if (await mayLive(holder)) throw lockedBy(subject, file, holder);
    const claim = `${file}.${holder.token}`;
    await take(subject, claim, own);
    try {
      // Another process may have replaced it after it was read and before it was claimed.
      if ((await entryOf(subject, file))?.token === holder.token) return await replace(file, own);
    } finally {
      await rm(claim, { force: true });
    }
  }
}

/** Writes a lock file that is not there; false if there is one. */
async function create(file: string, own: Entry): Promise<boolean> {
  const written = await writeBeside(file, own);
  try {
    await link(written, file);
    return true;
  } catch (cause) {
    if (systemCode(cause) === "EEXIST") return false;
    if (!NO_LINKS.includes(systemCode(cause) ?? "")) throw cause;
    return await copyUnlessThere(written, file);
  } finally {
    await rm(written, { force: true });
  }
}

/** What file systems without hard links answer, such as those of memory cards. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"];

async function copyUnlessThere(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL);
    return true;
  } catch (cause) {
    if (systemCode(cause) === "EEXIST") return false;
    throw cause;
  }
}

async function replace(file: string, own: Entry): Promise<void> {
  await rename(await writeBeside(file, own), file);
}

/** Writes what a lock file holds under a name that `isTemporary` knows. */
async function writeBeside(file: string, own: Entry): Promise<string> {
  const path = join(dirname(file), `.nextpixel-${randomBytes(8).toString("hex")}.tmp`);
  try {
    await writeFile(path, `${JSON.stringify(own)}\n`, { flag: "wx" });
  } catch (cause) {
    // A disk that is full has made the file, and nothing in it.
    await rm(path, { force: true });
    throw cause;
  }
  return path;
}

/** The holder of a lock; undefined if there is none. @throws LOCKED if the file cannot be read */
async function entryOf(subject: string, file: string): Promise<Entry | undefined> {
  try {
    const found = v.safeParse(entrySchema, parseJson(await readBounded(file, MAX_BYTES), file));
    if (found.success) return found.output;
  } catch (error) {
    const cause = error instanceof NextpixelError ? error.cause : error;
    if (systemCode(cause) === "ENOENT") return undefined;
  }
  throw new NextpixelError(
    "LOCKED",
    `${JSON.stringify(subject)} is locked by ${file}, which cannot be read: if no process uses it, remove the file`,
  );
}

function lockedBy(subject: string, file: string, { pid, host, since }: Entry): NextpixelError {
  const isHere = host === hostname();
  const where = isHere ? "" : ` on ${host}`;
  const advice = isHere ? "wait for it to end, or end it" : `if it does not run any more, remove ${file}`;
  const who = pid === process.pid && isHere ? "this process" : `process ${pid}${where}`;
  return new NextpixelError(
    "LOCKED",
    `${JSON.stringify(subject)} has been in use by ${who} since ${since}: ${advice}`,
  );
}

/** Whether the process that took a lock may still run. Nobody can tell of another machine's. */
async function mayLive({ pid, host, began }: Entry): Promise<boolean> {
  if (host !== hostname()) return true;
  if (!isRunning(pid)) return false;
  const now = await beginOf(pid);
  return began === undefined || now === undefined || now === began;
}

/**
 * When a process began, in ticks since the machine was started; "ended" if it has ended but its parent has not
 * collected its status yet; undefined where that cannot be known, as on systems other than Linux. See proc(5): the name
 * of the program, which may hold any characters, is in brackets; the state is the first field after it and the start
 * the twentieth.
 */
async function beginOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? "ended" : fields[19];
}
