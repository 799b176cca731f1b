import { openDrawer, type Drawer, type DrawRequest, type SamplerProgram } from "./draw.ts";

/** Pictures that are drawn together. */
export interface Job extends DrawRequest {
  readonly pictures: number;
}

/** Called for each finished row: levels [pictures, channels, cols]. */
export type OnRow = (row: number, levels: Uint8Array) => void;

/** Draws in this thread or in a worker, one job at a time. */
export interface JobRunner {
  /** Returns the nats of the drawn sub-pixels of each picture. */
  run(job: Job, onRow: OnRow, signal?: AbortSignal): Promise<Float64Array>;
  close(): void;
}

/** A drawer for each job: the last one is kept, since most jobs are of one size. */
export function keptDrawers(program: SamplerProgram): (pictures: number) => Promise<Drawer> {
  let kept: Drawer | undefined;
  return async (pictures) => {
    if (kept?.pictures !== pictures) kept = await openDrawer(program, pictures);
    return kept;
  };
}

/** Longer work is interrupted, so that the thread can do other things. */
const LONGEST_STRETCH_MS = 12;

/** Lets the thread handle waiting tasks. A timer of 0 ms would wait for 1 ms, or 4 ms in a browser. */
export const otherTasks = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });

/** Draws in this thread, and lets it do other things after one or several rows. */
export function localRunner(program: SamplerProgram): JobRunner {
  const drawerFor = keptDrawers(program);
  return {
    async run(job, onRow, signal) {
      const rows = (await drawerFor(job.pictures)).rows(job);
      let resumed = performance.now();
      for (let row = 0; ; row++) {
        signal?.throwIfAborted();
        const next = rows.next();
        if (next.done) return next.value;
        onRow(row, next.value);
        if (performance.now() - resumed > LONGEST_STRETCH_MS) {
          await otherTasks();
          resumed = performance.now();
        }
      }
    },
    close: () => undefined,
  };
}
