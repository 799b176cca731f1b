import { open, stat, type FileHandle } from "node:fs/promises";
import { expected, NextpixelError } from "../basics/errors.ts";
import { readError } from "./system-error.ts";

/**
 * The bytes of an ordinary file of at most `limit` bytes.
 *
 * @throws NOT_FOUND if it cannot be read; FORMAT error, before memory is allocated, if it is not a file, or larger.
 */
export async function readBounded(path: string, limit: number): Promise<Uint8Array> {
  const size = await sizeOfFile(path);
  if (size > limit) throw expected("FORMAT", `at most ${limit} bytes`, path, size);
  return readPart(path, 0, size);
}

/**
 * The size of an ordinary file in bytes.
 *
 * @throws NOT_FOUND if it cannot be read; FORMAT if it is something else, such as a device without an end.
 */
export async function sizeOfFile(path: string): Promise<number> {
  const found = await attempt(path, stat(path));
  if (found.isFile()) return found.size;
  throw new NextpixelError("FORMAT", `expected an ordinary file at ${path}, received something else`);
}

/**
 * As many bytes of a file from byte `start` on, or all that there are. Never more, even if the file grows meanwhile.
 *
 * @throws NOT_FOUND if it cannot be read.
 */
export async function readPart(path: string, start: number, count: number): Promise<Uint8Array> {
  const file = await attempt(path, open(path));
  try {
    return await attempt(path, readInto(new Uint8Array(count), file, start));
  } finally {
    await file.close();
  }
}

/** Largest number of bytes for one read of the operating system. */
const MAX_PIECE = 2 ** 30;

/**
 * Fills bytes with those of a file from a place on: all of them, or fewer if it ends before. Returns what it filled.
 */
export async function readInto(bytes: Uint8Array, file: FileHandle, start: number): Promise<Uint8Array> {
  let filled = 0;
  for (;;) {
    const count = Math.min(bytes.length - filled, MAX_PIECE);
    const { bytesRead } = await file.read(bytes, filled, count, start + filled);
    filled += bytesRead;
    if (bytesRead === 0 || filled === bytes.length) return bytes.subarray(0, filled);
  }
}

/** Whether there is anything at a path. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}

/** Whether there is an ordinary file at a path. */
export const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

async function attempt<T>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw readError(path, cause);
  }
}
