import { note } from "./output.ts";

/** Exit codes by convention: 128 + the number of the signal. */
export const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs work that SIGINT and SIGTERM interrupt gently: the first aborts its signal, so that it can save what it has; a
 * second one ends the program at once. Work that fails after a signal gives the program the exit code of that signal.
 */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const interrupt = (name: keyof typeof SIGNAL_EXIT_CODES) => {
    if (controller.signal.aborted) process.exit(SIGNAL_EXIT_CODES[name]);
    exitCode = SIGNAL_EXIT_CODES[name];
    note("stopping after this step; press Ctrl-C again to stop at once");
    controller.abort();
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  try {
    return await work(controller.signal);
  } catch (error) {
    process.exitCode = exitCode;
    throw error;
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}
