import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { NextpixelError } from "../../basics/errors.ts";

/**
 * All files under a folder and its sub-folders, as paths relative to it with `/` between the names. They are sorted by
 * UTF-16 code units, which gives the same order on every machine. Names that begin with a dot are left out; symbolic
 * links are followed.
 *
 * @throws NOT_FOUND if a folder cannot be read.
 */
export async function filesUnder(folder: string): Promise<string[]> {
  try {
    return (await walk(folder, "", [])).sort();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new NextpixelError("NOT_FOUND", `cannot read folder ${folder}: ${reason}`, { cause });
  }
}

async function walk(folder: string, prefix: string, ancestors: readonly string[]): Promise<string[]> {
  const real = await realpath(folder);
  // A link to a folder that it lies in would go round for ever.
  if (ancestors.includes(real)) return [];
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    const target = await follow(entry, path);
    if (target?.isFile()) files.push(prefix + entry.name);
    if (target?.isDirectory()) {
      for (const file of await walk(path, `${prefix}${entry.name}/`, [...ancestors, real])) files.push(file);
    }
  }
  return files;
}

/** What an entry is, or what it links to; undefined if the link is broken. */
async function follow(
  entry: Dirent,
  path: string,
): Promise<Pick<Dirent, "isFile" | "isDirectory"> | undefined> {
  return entry.isSymbolicLink() ? stat(path).catch(() => undefined) : entry;
}
