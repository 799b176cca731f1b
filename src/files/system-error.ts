import { getSystemErrorMap } from "node:util";
import { NextpixelError } from "../basics/errors.ts";

/** The code of an error of the operating system, such as "ENOENT". */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** Whether an error comes from the operating system. */
export const isSystemError = (error: unknown): boolean =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).errno === "number";

/** A WRITE error such as "cannot write runs/x/config.json: no space left on device (ENOSPC)". */
export function writeError(path: string, cause: unknown): NextpixelError {
  return new NextpixelError("WRITE", `cannot write ${path}: ${reason(cause)}`, { cause });
}

/** A NOT_FOUND error such as "cannot read runs/x/config.json: permission denied (EACCES)". */
export function readError(path: string, cause: unknown): NextpixelError {
  return new NextpixelError("NOT_FOUND", `cannot read ${path}: ${reason(cause)}`, { cause });
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const known = getSystemErrorMap().get((error as NodeJS.ErrnoException).errno ?? 0);
  return known === undefined ? error.message : `${known[1]} (${known[0]})`;
}

/** The operating system's answer, or `undefined` if there is no such file or folder. */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
