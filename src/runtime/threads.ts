import { wholeNumber } from "../basics/errors.ts";

/** More than any machine has cores; far more would take its memory and do nothing. */
export const MAX_THREADS = 1024;

/** Checks a number of threads, if there is one. @throws ARGUMENT */
export function checkThreads(threads: number | undefined): void {
  if (threads !== undefined) wholeNumber(threads, "the number of threads", 1, MAX_THREADS);
}
