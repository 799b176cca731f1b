import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { expected, NextpixelError } from "../basics/errors.ts";
import { readError } from "../files/system-error.ts";

/** What is known of a file before it is downloaded. */
export interface FileSums {
  readonly bytes: number;
  /** Undefined if it is not published. */
  readonly sha256?: string | undefined;
}

/**
 * Compares a file with what is known of it.
 *
 * @throws NOT_FOUND if it cannot be read; FORMAT that names `name` if it differs.
 */
export async function checkFile(path: string, { bytes, sha256 }: FileSums, name = path): Promise<void> {
  const { size } = await stat(path).catch((cause: unknown) => {
    throw readError(path, cause);
  });
  if (size !== bytes) throw expected("FORMAT", `${bytes} bytes`, name, size);
  if (sha256 === undefined) return;
  const found = await sha256Of(path);
  if (found !== sha256)
    throw new NextpixelError("FORMAT", `expected SHA-256 ${sha256} for ${name}, received ${found}`);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 }))
      hash.update(chunk as Buffer);
  } catch (cause) {
    throw readError(path, cause);
  }
  return hash.digest("hex");
}
