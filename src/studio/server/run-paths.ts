import { readdir, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { expected, NextpixelError } from "../../basics/errors.ts";
import { unlessMissing } from "../../files/system-error.ts";
import { LOG, isRun } from "../../run/run-folder.ts";
import { isThere } from "../../files/bounded-read.ts";

/** The names of what may be a run in a folder of runs. Symbolic links are not followed. */
export async function folderNames(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** Whether a folder is a run, or was made for one whose training has not come as far as that. */
const mayBeRun = async (path: string): Promise<boolean> =>
  (await isRun(path)) || (await isThere(join(path, LOG)));

/**
 * The folder of the run of that name. A name from elsewhere never becomes a path: it is looked for among those that
 * there are.
 *
 * @throws NOT_FOUND if there is none
 */
export async function runNamed(root: string, name: string): Promise<string> {
  const found = (await folderNames(root)).find((one) => one === name);
  if (found !== undefined && (await mayBeRun(join(root, found)))) return join(root, found);
  throw new NextpixelError("NOT_FOUND", `no run of that name in ${root}`);
}

/**
 * A path below a run, with all symbolic links followed, none of which may lead out of the run.
 *
 * @throws NOT_FOUND if it is not there, or elsewhere
 */
export async function inRun(run: string, ...parts: readonly string[]): Promise<string> {
  const [base, path] = await Promise.all([realpath(run), unlessMissing(realpath(join(run, ...parts)))]);
  if (path !== undefined && path.startsWith(base + sep)) return path;
  throw new NextpixelError("NOT_FOUND", `${parts.join("/")} is not in the run`);
}

/** Names that all systems can have, and that mean nothing else anywhere. */
const NEW_NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N}\p{M} ._-]{0,98}[\p{L}\p{N}\p{M}_-])?$/u;

/** The folder of a new run. @throws ARGUMENT if the name cannot be one; EXISTS if the folder is taken */
export async function newRun(root: string, name: string): Promise<string> {
  if (!NEW_NAME.test(name)) {
    const what =
      "letters, numbers, spaces, points, hyphens and underscores, at most 100, starting with a letter";
    throw expected("ARGUMENT", what, "the name of the run", name);
  }
  const path = join(root, name);
  const content = await unlessMissing(readdir(path));
  if (content === undefined || content.every((one) => one === LOG)) return path;
  throw new NextpixelError(
    "EXISTS",
    `there is a folder ${JSON.stringify(name)} already: choose another name`,
  );
}
