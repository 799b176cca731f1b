import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { appendFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { expected, NextpixelError, type ErrorCode } from "../basics/errors.ts";
import { isThere, sizeOfFile } from "../files/bounded-read.ts";
import { readError, unlessMissing } from "../files/system-error.ts";
import { complete } from "./in-progress.ts";
import { receive } from "./receive.ts";
import type { FetchSettings } from "./settings.ts";

/** A file that belongs into the cache, and what is known of it before it is there. */
export interface CachedFile {
  /** Below the folder of the cache, with `/`. */
  readonly path: string;
  readonly url: string;
  readonly bytes: number;
  /** Undefined if it is not published. */
  readonly sha256?: string | undefined;
  /** Git's name of its content, `gitSha1`, where that is published in place of a SHA-256. */
  readonly gitSha1?: string | undefined;
}

type RemoteFile = Omit<CachedFile, "path">;

/**
 * The paths of files in a folder of the cache. Missing files are downloaded. Files that are there, from an earlier
 * download or put there by hand, are checked like downloads.
 *
 * @throws FORMAT if a file that is there is another one; the errors of `download`.
 */
export async function cachedFiles(
  folder: string,
  files: readonly CachedFile[],
  settings: FetchSettings,
): Promise<string[]> {
  for (const file of files) {
    const path = join(folder, file.path);
    const advice = `delete it to have it downloaded from ${file.url}`;
    if (await isThere(path)) await checkFile(path, file).catch(advising(advice, "FORMAT"));
    else await download(file, path, settings);
  }
  return files.map(({ path }) => join(folder, path));
}

/** Throws an error again, with advice if it has this code. */
export const advising =
  (advice: string, code: ErrorCode) =>
  (cause: unknown): never => {
    if (!(cause instanceof NextpixelError) || cause.code !== code) throw cause;
    throw new NextpixelError(code, `${cause.message}; ${advice}`, { cause });
  };

/**
 * Compares a file with what is known of it.
 *
 * @throws NOT_FOUND if it cannot be read; FORMAT that names `name` if it differs.
 */
export async function checkFile(path: string, remote: RemoteFile, name = path): Promise<void> {
  const { bytes, sha256, gitSha1 } = remote;
  const size = await sizeOfFile(path);
  if (size !== bytes) throw expected("FORMAT", `${bytes} bytes`, name, size);
  const wanted = sha256 ?? gitSha1;
  if (wanted === undefined) return;
  const hash = sha256 === undefined ? gitHash(bytes) : createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash).catch((cause: unknown) => {
    throw readError(path, cause);
  });
  const found = hash.digest("hex");
  if (found === wanted) return;
  const kind = sha256 === undefined ? "Git's SHA-1" : "SHA-256";
  throw new NextpixelError("FORMAT", `expected ${kind} ${wanted} for ${name}, received ${found}`);
}

/** The hash by which Git names the content of a file of so many bytes, which are to be added. */
const gitHash = (bytes: number) => createHash("sha1").update(`blob ${bytes}\0`);

/** Git's name of a content. */
export const gitSha1 = (content: Uint8Array): string => gitHash(content.length).update(content).digest("hex");

/**
 * Downloads a file of known size to `path`, where it appears when it is complete and has the SHA-256 that is known of
 * it. What an earlier call has left, which broke off, is gone on with. A file that is complete but wrong is removed.
 *
 * @throws DOWNLOAD if it cannot be had; FORMAT if it is another file; the errors of `complete`.
 */
export const download = (remote: RemoteFile, path: string, settings: FetchSettings): Promise<void> =>
  complete(path, settings, async (part) => {
    const { url, bytes } = remote;
    const start = (await unlessMissing(stat(part)))?.size ?? 0;
    settings.onEvent({ kind: "start", url, file: path, received: start, bytes });
    for (let received = start; ; received = 0) {
      const isResumed = received > 0;
      try {
        for await (const piece of receive(url, bytes, received, settings)) {
          received += piece.length;
          await appendFile(part, piece, { flush: received === bytes });
          settings.onEvent({ kind: "progress", url, file: path, received, bytes });
        }
        return await checkFile(part, remote, url);
      } catch (fault) {
        if (!(fault instanceof NextpixelError) || fault.code !== "FORMAT") throw fault;
        // It is not there if nothing of it was taken.
        await rm(part, { force: true });
        if (!isResumed) throw fault;
        const reason = "what an earlier download has left is of another file";
        settings.onEvent({ kind: "retry", url, reason, delay: 0 });
      }
    }
  });
