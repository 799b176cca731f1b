import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { expected, NextpixelError } from "../basics/errors.ts";
import { readInto } from "./bounded-read.ts";
import { readError, unlessMissing } from "./system-error.ts";

/** Lines that were added to a file. */
export interface NewLines {
  /** Complete lines, with their ends. */
  readonly bytes: Uint8Array;
  /** Where the next lines begin. It is of this file alone: a file that takes its place is read from the start. */
  readonly cursor: string;
  /** Whether the lines are the first of the file, and not those after the cursor that was given. */
  readonly isStart: boolean;
  /** Whether there are more lines. */
  readonly hasMore: boolean;
}

/** Bytes that are read at once. No line may be longer. */
const MAX_PIECE = 2 ** 22;

const NEWLINE = 0x0a;

/** The cursor at the start of a file, or of one that is not there yet. */
export const START = "";

/**
 * The complete lines of a file after a cursor, at most four million bytes of them.
 *
 * @throws NOT_FOUND if the file cannot be read; FORMAT if it is no ordinary file, or a line is longer than a piece
 */
export async function newLines(path: string, cursor: string): Promise<NewLines> {
  const nothing = { bytes: new Uint8Array(0), cursor: START, isStart: true, hasMore: false };
  return (
    (await withFile(path, async (file, size, identity) => {
      const [of, offset] = cursor.split(":");
      const isSame = of === identity && /^\d{1,15}$/.test(offset ?? "") && Number(offset) <= size;
      const start = isSame ? Number(offset) : 0;
      const piece = await readInto(new Uint8Array(Math.min(MAX_PIECE, size - start)), file, start);
      const length = piece.lastIndexOf(NEWLINE) + 1;
      if (length === 0 && piece.length === MAX_PIECE) {
        throw expected("FORMAT", `lines of at most ${MAX_PIECE} bytes`, path, "a longer one");
      }
      return {
        bytes: piece.subarray(0, length),
        cursor: `${identity}:${start + length}`,
        isStart: !isSame,
        hasMore: start + piece.length < size,
      };
    })) ?? nothing
  );
}

/** The complete lines among the last bytes of a file; none if it is not there. @throws as `newLines` */
export async function lastLines(path: string, bytes: number): Promise<string[]> {
  const lines = await withFile(path, async (file, size) => {
    const start = Math.max(0, size - bytes);
    const text = new TextDecoder().decode(await readInto(new Uint8Array(bytes), file, start));
    // The first may have begun earlier, and the last is not complete.
    return text.split("\n").slice(start === 0 ? 0 : 1, -1);
  });
  return lines ?? [];
}

/** The result of `work` with a file, its size and what tells it from others; undefined if it is not there. */
async function withFile<Result>(
  path: string,
  work: (file: FileHandle, size: number, identity: string) => Promise<Result>,
): Promise<Result | undefined> {
  try {
    // A named pipe must not be waited for.
    const file = await unlessMissing(open(path, constants.O_RDONLY | constants.O_NONBLOCK));
    if (file === undefined) return undefined;
    try {
      const found = await file.stat({ bigint: true });
      if (!found.isFile()) throw expected("FORMAT", "an ordinary file", path, "something else");
      return await work(file, Number(found.size), `${found.ino}-${found.birthtimeNs}`);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw cause instanceof NextpixelError ? cause : readError(path, cause);
  }
}
