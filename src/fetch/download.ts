import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { expected, NextpixelError } from "../basics/errors.ts";
import { sizeOfFile } from "../files/bounded-read.ts";
import { readError, unlessMissing } from "../files/system-error.ts";
import { ask, Interrupted, statusOf, unavailable, type Answer, type Send } from "./ask.ts";
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
  complete(path, "part", settings, async (part) => {
    const { url, bytes } = remote;
    const sizeNow = async () => (await unlessMissing(stat(part)))?.size ?? 0;
    let most = await sizeNow();
    let isResumed = most > 0;
    settings.onEvent({ kind: "start", url, file: path, received: most, bytes });
    await ask(url, settings, async (send, onNew) => {
      let size = await sizeNow();
      const answer = size === 0 || size < bytes ? await answerFrom(size, send, remote) : undefined;
      const isWhole = answer?.status === 200;
      if (isWhole) size = 0;
      const pieces = async function* () {
        for await (const piece of answer?.content(bytes - size, `${bytes} bytes`) ?? []) {
          yield piece;
          size += piece.length;
          if (size > most) onNew();
          most = Math.max(most, size);
          settings.onEvent({ kind: "progress", url, file: path, received: size, bytes });
        }
      };
      try {
        await pipeline(pieces, createWriteStream(part, { flags: isWhole ? "w" : "a", flush: true }));
        if (size < bytes) throw new Interrupted(`the connection ended after ${size} of ${bytes} bytes`);
        await checkFile(part, remote, url);
      } catch (fault) {
        if (!(fault instanceof NextpixelError)) throw fault;
        await rm(part, { force: true });
        if (!isResumed) throw fault;
        isResumed = false;
        throw new Interrupted("what an earlier download has left is of another file");
      }
    });
  });

/** The answer to a request for a file, or, with status 206, for what comes after its first `size` bytes. */
async function answerFrom(size: number, send: Send, { url, bytes, headers }: RemoteFile): Promise<Answer> {
  // A file that is compressed is wanted as it is.
  const whole = { ...headers, "accept-encoding": "identity" };
  let answer = await send({ headers: size > 0 ? { ...whole, range: `bytes=${size}-` } : whole });
  const range = answer.headers.get("content-range") ?? "";
  const [, start, total = ""] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range) ?? [];
  if (answer.status === 206 && Number(start) === size && ["*", String(bytes)].includes(total)) return answer;
  // Neither a range that was not asked for nor one beyond the end is of use, but the whole file may be.
  if ([206, 416].includes(answer.status)) answer = await send({ headers: whole });
  if (answer.status !== 200) throw unavailable(url, statusOf(answer));
  const announced = answer.headers.has("content-encoding") ? null : answer.headers.get("content-length");
  if (announced !== null && Number(announced) !== bytes)
    throw expected("FORMAT", `${bytes} bytes`, url, Number(announced));
  return answer;
}
