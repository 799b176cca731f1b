import { readFile, stat } from "node:fs/promises";
import { expected, NextpixelError } from "../basics/errors.ts";
import { readError } from "./system-error.ts";

/**
 * The bytes of an ordinary file of at most `limit` bytes. Throws NOT_FOUND if it cannot be read, and FORMAT,
 * before anything is allocated, if it is something else than a file, or larger.
 */
export async function readBounded(path: string, limit: number): Promise<Uint8Array> {
  const found = await attempt(path, stat(path));
  if (!found.isFile()) {
    throw new NextpixelError("FORMAT", `expected an ordinary file at ${path}, received something else`);
  }
  if (found.size > limit) throw expected("FORMAT", `at most ${limit} bytes`, path, found.size);
  return attempt(path, readFile(path));
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

async function attempt<T>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw readError(path, cause);
  }
}
