import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

// Node does not run TypeScript: if this file is run from source, by tests, the process runs the last build.
const FOLDER = import.meta.url.endsWith(".ts") ? "../../dist/compare" : ".";

const MILLISECONDS = 600_000;

/** What the process that draws prints. */
export interface DrawingMemory {
  /** What it had before it loaded the run, and at most later, in bytes of resident memory. */
  readonly before: number;
  readonly peak: number;
}

/** Pictures that are drawn at once to see how much memory that takes. */
export const PICTURES_TO_MEASURE = 32;

/**
 * The memory that drawing takes, in MiB: the peak of the resident memory of a process of its own that loads a run and
 * draws `PICTURES_TO_MEASURE` pictures, less what it had before it loaded the run. Or why that failed: a network that
 * only this process knows cannot be loaded there.
 */
export const measureDrawingMemory = (
  run: string,
  signal?: AbortSignal,
): Promise<{ readonly value: number } | { readonly missing: string }> =>
  new Promise((settle) => {
    const file = fileURLToPath(new URL(`${FOLDER}/drawing-process.js`, import.meta.url));
    const options = { timeout: MILLISECONDS, ...(signal && { signal }) };
    execFile(process.execPath, [file, resolve(run)], options, (error, stdout, stderr) => {
      if (error) {
        const [reason] = (stderr.trim() || error.message).split("\n");
        return settle({ missing: `the process that was to measure it failed: ${reason}` });
      }
      const { before, peak } = JSON.parse(stdout) as DrawingMemory;
      settle({ value: (peak - before) / 2 ** 20 });
    });
  });
