import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { systemCode, writeError } from "./system-error.ts";

/**
 * Makes a folder, and those above it that are missing. One that is there stays as it is.
 *
 * Level by level: mkdir's own `recursive` takes "no such file" for "there is no folder above it" and tries again. Below
 * /proc, where no folder can be made, Node 20 does so for ever.
 *
 * @throws WRITE if it cannot be made.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await make(resolve(path));
  } catch (cause) {
    throw writeError(path, cause);
  }
}

async function make(path: string): Promise<void> {
  const failure = await tryToMake(path);
  if (failure === undefined) return;
  const above = dirname(path);
  if (systemCode(failure) !== "ENOENT" || (await isFolder(above))) throw failure;
  await make(above);
  const again = await tryToMake(path);
  if (again !== undefined) throw again;
}

/** What the operating system says against it, if the folder is not there already. */
async function tryToMake(path: string): Promise<unknown> {
  try {
    await mkdir(path);
  } catch (failure) {
    if (!(await isFolder(path))) return failure;
  }
  return undefined;
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}
