import { join } from "node:path";
import { NextpixelError, shortened, type ErrorCode } from "../basics/errors.ts";
import { isThere } from "../files/bounded-read.ts";
import { checkFile, download, type RemoteFile } from "./download.ts";
import type { FetchSettings } from "./settings.ts";

// A file appears under its name in the cache only when it is complete and checked. Until then it is a part, whose name
// says which process writes it (in-progress.ts): two processes never write the same one, and the next call goes on with
// what a dead process has left. ask.ts is one request, download.ts as many as it takes.

export interface CachedFile extends RemoteFile {
  /** Below the folder, with `/`. */
  readonly path: string;
}

/**
 * The paths of files in a folder of the cache. Missing files are downloaded. Files that are there, from an earlier
 * download or put there by hand, are checked like downloads.
 *
 * @throws the errors of `download`, which also say what else could be done.
 */
export async function cachedFiles(
  folder: string,
  files: readonly CachedFile[],
  settings: FetchSettings,
): Promise<string[]> {
  const missing: CachedFile[] = [];
  for (const file of files) {
    const path = join(folder, file.path);
    const advice = `delete it to have it downloaded from ${file.url}`;
    if (await isThere(path)) await checkFile(path, file).catch(advising(advice, "FORMAT"));
    else missing.push(file);
  }
  for (const [i, file] of missing.entries()) {
    const names = missing.slice(i).map(({ path }) => path);
    const advice = `where there is no network, put ${shortened(names.join(", "))} into ${folder} by hand`;
    await download(file, join(folder, file.path), settings).catch(advising(advice, "DOWNLOAD", "FORMAT"));
  }
  return files.map(({ path }) => join(folder, path));
}

/** Throws an error again, with advice if it has one of these codes. */
export const advising =
  (advice: string, ...codes: readonly ErrorCode[]) =>
  (cause: unknown): never => {
    if (!(cause instanceof NextpixelError) || !codes.includes(cause.code)) throw cause;
    throw new NextpixelError(cause.code, `${cause.message}; ${advice}`, { cause });
  };
