import { randomBytes } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { NextpixelError } from "../basics/errors.ts";
import { systemCode, writeError } from "./system-error.ts";

/** Whether a file name is a temporary one of `writeAtomically`. A crash may leave such a file behind. */
export function isTemporary(name: string): boolean {
  return /^\.nextpixel-[0-9a-f]{16}\.tmp$/.test(name);
}

/**
 * Writes a file so that the path always holds either the whole old content or the whole new content.
 *
 * @throws WRITE if this fails; the old content is then still there.
 */
export async function writeAtomically(path: string, bytes: Uint8Array | string): Promise<void> {
  const folder = dirname(path);
  const temporary = temporaryIn(folder);
  try {
    await refuseDevices(path);
    await writeFlushed(temporary, bytes);
    await rename(temporary, path);
    await flushFolder(folder);
  } catch (cause) {
    // The first failure is the one to report, even when the clean-up fails for the same reason.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw cause instanceof NextpixelError ? cause : writeError(path, cause);
  }
}

/**
 * Fails as `writeAtomically` would if it cannot write there at all. To be called before the work whose result is to be
 * written.
 *
 * @throws WRITE if it fails.
 */
export async function checkWritable(path: string): Promise<void> {
  const temporary = temporaryIn(dirname(path));
  try {
    await refuseDevices(path);
    await (await open(temporary, "wx")).close();
    await rm(temporary);
  } catch (cause) {
    throw cause instanceof NextpixelError ? cause : writeError(path, cause);
  }
}

const temporaryIn = (folder: string) => join(folder, `.nextpixel-${randomBytes(8).toString("hex")}.tmp`);

/** Renaming would put an ordinary file in the place of /dev/null or of a pipe. */
async function refuseDevices(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined || found.isFile()) return;
  const what = found.isDirectory() ? "it is a folder" : "it is not an ordinary file";
  throw new NextpixelError("WRITE", `cannot write ${path}: ${what}`);
}

async function writeFlushed(path: string, bytes: Uint8Array | string): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Without this, the new name itself may be lost when the power fails. */
async function flushFolder(path: string): Promise<void> {
  // Windows cannot flush a folder.
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
