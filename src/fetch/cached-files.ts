import { join } from "node:path";
import { NextpixelError } from "../basics/errors.ts";
import { isThere } from "../files/bounded-read.ts";
import { checkFile } from "./check-file.ts";
import { download, type RemoteFile } from "./download.ts";
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
  const paths = files.map(({ path }) => join(folder, path));
  const missing: CachedFile[] = [];
  for (const [i, file] of files.entries()) {
    if (await isThere(paths[i]!)) await checkCached(paths[i]!, file);
    else missing.push(file);
  }
  for (const [i, file] of missing.entries()) {
    await download(file, join(folder, file.path), settings).catch((cause: unknown) => {
      throw cause instanceof NextpixelError && cause.code !== "WRITE"
        ? withAdvice(cause, byHand(folder, missing.slice(i)))
        : cause;
    });
  }
  return paths;
}

async function checkCached(path: string, file: CachedFile): Promise<void> {
  await checkFile(path, file).catch((cause: unknown) => {
    const isWrong = cause instanceof NextpixelError && cause.code === "FORMAT";
    throw isWrong ? withAdvice(cause, `delete it to have it downloaded from ${file.url}`) : cause;
  });
}

export const withAdvice = (cause: NextpixelError, advice: string): NextpixelError =>
  new NextpixelError(cause.code, `${cause.message}; ${advice}`, { cause });

const MANY = 4;

/** How to provide the files without a network. */
function byHand(folder: string, files: readonly CachedFile[]): string {
  const names = files.slice(0, MANY).map(({ path }) => path);
  const more = files.length > MANY ? [`${files.length - MANY} more`] : [];
  const list = [...names, ...more].join(", ");
  return `where there is no network, put ${list} into ${folder} by hand`;
}
