import { NextpixelError } from "../basics/errors.ts";

/** @throws INTERRUPTED if the signal is aborted */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  const message = "interrupted: compare again to go on (other seeds that were trained are kept)";
  throw new NextpixelError("INTERRUPTED", message);
}
