import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { expected, NextpixelError } from "../basics/errors.ts";
import { isThere, sizeOfFile } from "../files/bounded-read.ts";
import { readError, unlessMissing } from "../files/system-error.ts";
import { ask, Interrupted, statusOf, unavailable } from "./ask.ts";
import { complete } from "./in-progress.ts";
import type { FetchSettings } from "./settings.ts";

/** What is known of a file before it is downloaded. */
export interface FileSums {
  readonly bytes: number;
  /** Undefined if it is not published. */
  readonly sha256?: string | undefined;
}

export interface RemoteFile extends FileSums {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * Compares a file with what is known of it.
 *
 * @throws NOT_FOUND if it cannot be read; FORMAT that names `name` if it differs.
 */
export async function checkFile(path: string, { bytes, sha256 }: FileSums, name = path): Promise<void> {
  const size = await sizeOfFile(path);
  if (size !== bytes) throw expected("FORMAT", `${bytes} bytes`, name, size);
  if (sha256 === undefined) return;
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash).catch((cause: unknown) => {
    throw readError(path, cause);
  });
  const found = hash.digest("hex");
  if (found !== sha256)
    throw new NextpixelError("FORMAT", `expected SHA-256 ${sha256} for ${name}, received ${found}`);
}

/**
 * Downloads a file of known size to `path`, where it appears when it is complete and has the SHA-256 that is known of
 * it. A download that was interrupted goes on where it was, also by a later call; a file that is complete but wrong is
 * removed.
 *
 * @throws DOWNLOAD if it cannot be had; FORMAT if it is another file; WRITE if it cannot be written.
 */
export const download = (remote: RemoteFile, path: string, settings: FetchSettings): Promise<void> =>
  complete(path, "part", settings, (part) => fill(part, remote, path, settings));

/** Has `part` hold the whole file. Nothing is left of one that is wrong. */
async function fill(part: string, remote: RemoteFile, path: string, settings: FetchSettings): Promise<void> {
  const isResumed = await isThere(part);
  await receive(part, remote, path, settings);
  try {
    await checkFile(part, remote, remote.url);
  } catch (fault) {
    await rm(part);
    // What was there from earlier may have been of another file.
    if (!isResumed) throw fault;
    await fill(part, remote, path, settings);
  }
}

/** Receives what `part` has not got yet. */
async function receive(
  part: string,
  { url, bytes, headers }: RemoteFile,
  file: string,
  settings: FetchSettings,
): Promise<void> {
  const sizeNow = async () => (await unlessMissing(stat(part)))?.size ?? 0;
  if ((await sizeNow()) > bytes) await rm(part);
  let most = await sizeNow();
  settings.onEvent({ kind: "start", url, file, received: most, bytes });
  await ask(url, settings, async (send, onReceived) => {
    let size = await sizeNow();
    if (size === bytes && size > 0) return;
    const range: Record<string, string> = size > 0 ? { range: `bytes=${size}-` } : {};
    // A file that is compressed is wanted as it is.
    const response = await send({ headers: { ...headers, "accept-encoding": "identity", ...range } });
    const isRest = begins(response, size, bytes);
    if (!isRest && size > 0 && [206, 416].includes(response.status)) {
      // Neither a range that was not asked for nor one beyond the end is of use, but the whole file may be.
      await rm(part);
      throw new Interrupted(`the server answers a request for the rest with ${response.status}`);
    }
    if (!isRest) {
      checkWhole(response, url, bytes);
      size = 0;
    }
    const chunks = async function* () {
      for await (const chunk of response.body ?? []) {
        size += chunk.length;
        if (size > bytes) return;
        yield chunk;
        onReceived(size > most);
        most = Math.max(most, size);
        settings.onEvent({ kind: "progress", url, file, received: size, bytes });
      }
    };
    await pipeline(chunks, createWriteStream(part, { flags: isRest ? "a" : "w", flush: true }));
    if (size < bytes) throw new Interrupted(`the connection ended after ${size} of ${bytes} bytes`);
    if (size > bytes) {
      await rm(part);
      throw new NextpixelError("FORMAT", `expected ${bytes} bytes for ${url}, received more`);
    }
  });
}

/** Whether an answer is the rest of a file, from byte `start`. */
function begins({ status, headers }: Response, start: number, bytes: number): boolean {
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "") ?? [];
  return status === 206 && Number(from) === start && (total === "*" || Number(total) === bytes);
}

/** Refuses an answer that is not a file of so many bytes. */
function checkWhole(response: Response, url: string, bytes: number): void {
  if (response.status !== 200) throw unavailable(url, statusOf(response));
  const { headers } = response;
  const announced = headers.has("content-encoding") ? null : headers.get("content-length");
  if (announced !== null && Number(announced) !== bytes)
    throw expected("FORMAT", `${bytes} bytes`, url, Number(announced));
}
