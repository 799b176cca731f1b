import { note } from "./output.ts";

/** Exit codes by convention: 128 + the number of the signal. */
export const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof SIGNAL_EXIT_CODES;

/** How long work may take to stop after a signal, in milliseconds, unless it has said that it needs longer. */
const LEAST_PATIENCE = 5_000;
const MOST_PATIENCE = 60_000;

/** What work that may be interrupted is handed. */
export interface Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Says that the work, once it is asked to stop, may need so many milliseconds to come to a place where it can. */
  needs(milliseconds: number): void;
}

/**
 * Runs work that SIGINT and SIGTERM interrupt gently: the first signal asks it to stop, so that it can save what it
 * has. The program ends at once at a second signal, and when the work has not stopped after five seconds, or after as
 * long as it has said that it needs, at most a minute. Work that fails after a signal gives the program the exit code
 * of that signal.
 */
export async function untilInterrupted<T>(work: (interruption: Interruption) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let patience = LEAST_PATIENCE;
  let first: Signal | undefined;
  let timer: NodeJS.Timeout | undefined;
  const stopListening = () => process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  const endAtOnce = (name: Signal) => {
    // Without a listener the operating system ends the process, whatever its threads are doing. It does not do so for
    // the first process of a container.
    stopListening();
    process.kill(process.pid, name);
    process.exit(SIGNAL_EXIT_CODES[name]);
  };
  const interrupt = (name: Signal) => {
    if (first !== undefined) endAtOnce(name);
    first = name;
    note("stopping after this step; press Ctrl-C again to stop at once");
    controller.abort();
    timer = setTimeout(() => {
      note(`error: did not stop within ${Math.round(patience / 1000)} seconds`);
      endAtOnce(name);
    }, patience);
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  try {
    return await work({
      signal: controller.signal,
      needs: (milliseconds) => (patience = Math.min(Math.max(milliseconds, patience), MOST_PATIENCE)),
    });
  } catch (error) {
    if (first !== undefined) process.exitCode = SIGNAL_EXIT_CODES[first];
    throw error;
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}
