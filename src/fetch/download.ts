import { constants } from "node:fs";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { isSystemError, writeError } from "../files/system-error.ts";
import { checkFile } from "./check-file.ts";
import { claimPart } from "./part-file.ts";
import { BrokenOff, receive, type RemoteFile } from "./receive.ts";
import { waitToRetry } from "./retry.ts";
import type { FetchSettings } from "./settings.ts";
import { makeFolder } from "../files/make-folder.ts";
import { release } from "./unfinished.ts";

/**
 * Downloads a file of known size to `path`, where it appears when it is complete and has the SHA-256 that is known of it. A
 * connection that breaks is taken up again where it broke, also by a later call; what is complete but wrong is thrown away.
 * DOWNLOAD error if it cannot be had, FORMAT error if it is another file, WRITE error if it cannot be written.
 */
export async function download(remote: RemoteFile, path: string, settings: FetchSettings): Promise<void> {
  try {
    await makeFolder(dirname(path));
    const part = await claimPart(path);
    try {
      await fill(part, remote, path, settings);
      await rename(part, path);
    } finally {
      release(part);
      settings.onEvent({ kind: "end", file: path });
    }
  } catch (cause) {
    throw isSystemError(cause) ? writeError(path, cause) : cause;
  }
}

/** Has `part` hold the whole file. Nothing is left of one that is wrong. */
async function fill(part: string, remote: RemoteFile, path: string, settings: FetchSettings): Promise<void> {
  const file = await open(part, constants.O_RDWR | constants.O_CREAT);
  try {
    let isResumed = (await file.stat()).size > 0;
    for (;;) {
      await receiveAll(remote, file, path, settings);
      const fault = await faultOf(part, remote);
      if (fault === undefined) break;
      await file.truncate(0);
      // What was there from earlier may have been of another file.
      if (!isResumed) throw fault;
      isResumed = false;
    }
    await file.sync();
  } finally {
    const { size } = await file.stat();
    await file.close();
    if (size === 0) await rm(part, { force: true });
  }
}

const faultOf = (part: string, remote: RemoteFile): Promise<unknown> =>
  checkFile(part, remote, remote.url).then(
    () => undefined,
    (fault: unknown) => fault,
  );

/** Receives until the file has its size, over as many connections as it takes. */
async function receiveAll(
  remote: RemoteFile,
  to: FileHandle,
  path: string,
  settings: FetchSettings,
): Promise<void> {
  const { url, bytes } = remote;
  const { onEvent, stallTimeout } = settings;
  const sizeNow = async (): Promise<number> => (await to.stat()).size;
  if ((await sizeNow()) > bytes) await to.truncate(0);
  const event = (kind: "start" | "progress", received: number) =>
    onEvent({ kind, url, file: path, received, bytes });
  let most = await sizeNow();
  event("start", most);
  let failures = 0;
  while ((await sizeNow()) < bytes) {
    try {
      await receive(remote, to, stallTimeout, (received) => event("progress", received));
    } catch (error) {
      if (!(error instanceof BrokenOff)) throw error;
      const received = await sizeNow();
      failures = received > most ? 1 : failures + 1;
      most = Math.max(most, received);
      await waitToRetry(url, error, failures, settings);
    }
  }
}
