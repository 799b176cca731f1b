import type { FileHandle } from "node:fs/promises";
import { expected, NextpixelError, shortened } from "../basics/errors.ts";
import { systemCode } from "../files/system-error.ts";
import type { FileSums } from "./check-file.ts";

export interface RemoteFile extends FileSums {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A connection that broke, or a server that is busy: the same request may well succeed the next time. */
export class BrokenOff extends Error {}

/** The DOWNLOAD error of a file that cannot be had. */
export const unavailable = (url: string, reason: string): NextpixelError =>
  new NextpixelError("DOWNLOAD", `cannot download ${url} (${shortened(reason)})`);

/**
 * Asks once for the part of a file that `to` does not hold yet, and writes what comes behind what is there; a server that can
 * send whole files only has it written anew. `onReceived` is told how many bytes are there. DOWNLOAD error if it cannot be had,
 * FORMAT error if it is too long; throws BrokenOff, and what the file system throws.
 */
export async function receive(
  remote: RemoteFile,
  to: FileHandle,
  stallTimeout: number,
  onReceived: (bytes: number) => void,
): Promise<void> {
  const { url, bytes, headers } = remote;
  const { size } = await to.stat();
  const controller = new AbortController();
  const stalled = setTimeout(() => controller.abort(), stallTimeout);
  try {
    const range: Record<string, string> = size > 0 ? { range: `bytes=${size}-` } : {};
    const response = await fetch(url, {
      // A file that is packed is wanted as it is.
      headers: { ...headers, "accept-encoding": "identity", ...range },
      signal: controller.signal,
    });
    stalled.refresh();
    let offset = await beginning(response, remote, to, size);
    for await (const chunk of response.body ?? []) {
      stalled.refresh();
      if (offset + chunk.length > bytes) {
        await to.truncate(0);
        throw new NextpixelError("FORMAT", `expected ${bytes} bytes for ${url}, received more`);
      }
      await write(to, chunk, offset);
      offset += chunk.length;
      onReceived(offset);
    }
    if (offset < bytes) throw new BrokenOff(`the connection ended after ${offset} of ${bytes} bytes`);
  } catch (error) {
    if (controller.signal.aborted) throw new BrokenOff(`nothing came for ${stallTimeout / 1000} s`);
    throw error instanceof TypeError ? connectionError(url, error) : error;
  } finally {
    clearTimeout(stalled);
    // Lets go of a connection whose answer was not read to its end.
    controller.abort();
  }
}

/** Where in the file an answer begins; what is beyond that is cut off. */
async function beginning(
  { status, statusText, headers }: Response,
  { url, bytes }: RemoteFile,
  to: FileHandle,
  size: number,
): Promise<number> {
  if (status === 206) {
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "") ?? [];
    if (Number(start) === size && (total === "*" || Number(total) === bytes)) return size;
  }
  if (isBusy(status)) throw new BrokenOff(`HTTP ${status} ${statusText}`.trim());
  // Neither a range that was not asked for nor one beyond the end is of use, but the whole file may be.
  const isOtherRange = size > 0 && (status === 206 || status === 416);
  if (status !== 200 && !isOtherRange) throw unavailable(url, `HTTP ${status} ${statusText}`.trim());
  if (isOtherRange) {
    await to.truncate(0);
    throw new BrokenOff(`the server answers a request for the rest with ${status}`);
  }
  const announced = headers.has("content-encoding") ? null : headers.get("content-length");
  if (announced !== null && Number(announced) !== bytes) {
    throw expected("FORMAT", `${bytes} bytes`, url, Number(announced));
  }
  await to.truncate(0);
  return 0;
}

async function write(to: FileHandle, chunk: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    done += (await to.write(chunk, done, chunk.length - done, offset + done)).bytesWritten;
  }
}

/** Whether a server may answer better the next time. */
export const isBusy = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** Connections that were there once. */
const BROKEN_CODES: readonly (string | undefined)[] = [
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_SOCKET",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
];

/** BrokenOff or DOWNLOAD, by what went wrong with a connection: the cause of what `fetch` throws says it. */
export function connectionError(url: string, { message, cause }: TypeError): Error {
  const code = systemCode(cause);
  const reason = (cause instanceof Error ? cause.message : "") || (code ?? message);
  return BROKEN_CODES.includes(code) ? new BrokenOff(reason) : unavailable(url, reason);
}
