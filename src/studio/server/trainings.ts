import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { NextpixelError } from "../../basics/errors.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { writeError } from "../../files/system-error.ts";
import { trainerOf } from "../../run/lock.ts";
import { LOG } from "../../run/run-folder.ts";

const { O_WRONLY, O_CREAT, O_NOFOLLOW, O_TRUNC, O_APPEND } = constants;

// A training is a process of the command line of its own: it survives the page, and the studio too.

export interface Trainings {
  /**
   * Runs the command line with these words, which train the run in a folder. What it says goes to the run's log.
   *
   * @throws LOCKED if one runs that was started here; WRITE
   */
  start(run: string, words: readonly string[], log: "new" | "continued"): Promise<void>;
  /**
   * Asks the training of a run to save what it has, and to end.
   *
   * @throws NOT_FOUND if none runs; LOCKED if it is another machine's, or has been asked already
   */
  stop(run: string): Promise<void>;
  /** Whether a training of a run has been started that still goes on. */
  isStarted(run: string): boolean;
}

/** `program` is the command line: what is executed, and its first words. */
export function openTrainings(program: readonly [string, ...string[]]): Trainings {
  /** Process numbers of trainings that were started here and have not ended, by their runs. */
  const started = new Map<string, number>();
  /** Processes that have been asked to end: a second signal would end them before they have saved. */
  const stopped = new Set<number>();

  return {
    isStarted: (run) => started.has(run),

    async start(run, words, log) {
      if (started.size > 0) throw new NextpixelError("LOCKED", "another training has just been started");
      // From here on, no other is started.
      started.set(run, Number.NaN);
      try {
        await makeFolder(run);
        // A link in a run from elsewhere must not have us write to where it leads.
        const flags = O_WRONLY | O_CREAT | O_NOFOLLOW | (log === "new" ? O_TRUNC : O_APPEND);
        const output = await open(join(run, LOG), flags);
        try {
          const [execute, ...first] = program;
          const child = spawn(execute, [...first, ...words], {
            detached: true,
            stdio: ["ignore", output.fd, output.fd],
          });
          await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
          started.set(run, child.pid!);
          child.once("exit", () => {
            started.delete(run);
            stopped.delete(child.pid!);
          });
          child.unref();
        } finally {
          await output.close();
        }
      } catch (cause) {
        started.delete(run);
        throw writeError(run, cause);
      }
    },

    async stop(run) {
      const trainer = (await trainerOf(run)) ?? (started.has(run) ? { pid: started.get(run) } : undefined);
      if (trainer === undefined) throw new NextpixelError("NOT_FOUND", "nobody trains this run");
      const { pid } = trainer;
      if (pid === undefined || Number.isNaN(pid)) {
        throw new NextpixelError("LOCKED", "the process that trains this run cannot be reached from here");
      }
      if (stopped.has(pid)) {
        throw new NextpixelError(
          "LOCKED",
          "it has been asked to stop, and ends when it has saved what it has",
        );
      }
      process.kill(pid, "SIGINT");
      stopped.add(pid);
    },
  };
}
