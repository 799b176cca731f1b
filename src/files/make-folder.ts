import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { systemCode } from "./system-error.ts";

/**
 * Makes a folder, and those above it that are missing. One that is there stays as it is.
 *
 * Level by level: mkdir's own `recursive` takes "no such file" for "there is no folder above it" and tries again. Below
 * /proc, where no folder can be made, Node 20 does so for ever.
 *
 * @throws The operating system's error, as mkdir does.
 */
export async function makeFolder(path: string): Promise<void> {
  const failure = await tryToMake(path);
  if (failure === undefined) return;
  const above = dirname(resolve(path));
  if (systemCode(failure) !== "ENOENT" || above === resolve(path)) throw failure;
  // Meanwhile another call may have made what was missing.
  if (!(await isFolder(above))) await makeFolder(above);
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
