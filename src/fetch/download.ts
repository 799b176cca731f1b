import { constants } from "node:fs";
import { open, rm, type FileHandle } from "node:fs/promises";
import { expected, NextpixelError } from "../basics/errors.ts";
import { ask, Interrupted, statusOf, unavailable } from "./ask.ts";
import { checkFile, type FileSums } from "./check-file.ts";
import { complete } from "./in-progress.ts";
import type { FetchSettings } from "./settings.ts";

export interface RemoteFile extends FileSums {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * Downloads a file of known size to `path`, where it appears when it is complete and has the SHA-256 that is known of
 * it. A download that was interrupted goes on where it was, also by a later call; a file that is complete but wrong is
 * removed.
 *
 * @throws DOWNLOAD if it cannot be had; FORMAT if it is another file; WRITE if it cannot be written.
 */
export async function download(remote: RemoteFile, path: string, settings: FetchSettings): Promise<void> {
  try {
    await complete(path, { ending: "part", canResume: true }, (part) => fill(part, remote, path, settings));
  } finally {
    settings.onEvent({ kind: "end", file: path });
  }
}

/** Has `part` hold the whole file. Nothing is left of one that is wrong. */
async function fill(part: string, remote: RemoteFile, path: string, settings: FetchSettings): Promise<void> {
  const file = await open(part, constants.O_RDWR | constants.O_CREAT);
  try {
    let isResumed = (await file.stat()).size > 0;
    for (;;) {
      await receive(remote, file, path, settings);
      try {
        await checkFile(part, remote, remote.url);
        break;
      } catch (fault) {
        await file.truncate(0);
        // What was there from earlier may have been of another file.
        if (!isResumed) throw fault;
        isResumed = false;
      }
    }
    await file.sync();
  } finally {
    const { size } = await file.stat();
    await file.close();
    if (size === 0) await rm(part, { force: true });
  }
}

/** Receives what the file has not got yet. */
async function receive(
  { url, bytes, headers }: RemoteFile,
  to: FileHandle,
  path: string,
  settings: FetchSettings,
): Promise<void> {
  let most = (await to.stat()).size;
  if (most > bytes) await to.truncate((most = 0));
  settings.onEvent({ kind: "start", url, file: path, received: most, bytes });
  await ask(url, settings, async (send, onReceived) => {
    const { size } = await to.stat();
    if (size === bytes) return;
    const range: Record<string, string> = size > 0 ? { range: `bytes=${size}-` } : {};
    // A file that is compressed is wanted as it is.
    const response = await send({ headers: { ...headers, "accept-encoding": "identity", ...range } });
    let offset = await beginning(response, url, bytes, to, size);
    for await (const chunk of response.body ?? []) {
      if (offset + chunk.length > bytes) {
        await to.truncate(0);
        throw new NextpixelError("FORMAT", `expected ${bytes} bytes for ${url}, received more`);
      }
      await write(to, chunk, offset);
      offset += chunk.length;
      onReceived(offset > most);
      most = Math.max(most, offset);
      settings.onEvent({ kind: "progress", url, file: path, received: offset, bytes });
    }
    if (offset < bytes) throw new Interrupted(`the connection ended after ${offset} of ${bytes} bytes`);
  });
}

/** Where in the file an answer begins; what is there beyond that is cut off. */
async function beginning(
  response: Response,
  url: string,
  bytes: number,
  to: FileHandle,
  size: number,
): Promise<number> {
  const { status, headers } = response;
  if (status === 206) {
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "") ?? [];
    if (Number(start) === size && (total === "*" || Number(total) === bytes)) return size;
  }
  // Neither a range that was not asked for nor one beyond the end is of use, but the whole file may be.
  const isOtherRange = size > 0 && (status === 206 || status === 416);
  if (status !== 200 && !isOtherRange) throw unavailable(url, statusOf(response));
  const announced = headers.has("content-encoding") ? null : headers.get("content-length");
  if (status === 200 && announced !== null && Number(announced) !== bytes) {
    throw expected("FORMAT", `${bytes} bytes`, url, Number(announced));
  }
  await to.truncate(0);
  if (isOtherRange) throw new Interrupted(`the server answers a request for the rest with ${status}`);
  return 0;
}

async function write(to: FileHandle, chunk: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    done += (await to.write(chunk, done, chunk.length - done, offset + done)).bytesWritten;
  }
}
