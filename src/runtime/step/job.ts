import { openDrawer, type Drawer, type DrawRequest, type SamplerProgram } from "./draw.ts";

/** Pictures that are drawn together. */
export interface Job extends DrawRequest {
  readonly pictures: number;
}

/** Told of each row as it is finished: levels [pictures, channels, cols]. */
export type OnRow = (row: number, levels: Uint8Array) => void;

/** Whoever draws: this thread or a worker. One job at a time. */
export interface JobRunner {
  /** Returns the nats of what was drawn of each picture. */
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

/** A longer stretch of work is broken up, for whatever else the thread has to do. */
const LONGEST_STRETCH_MS = 12;

/** Lets the thread do what waits to be done. A timer of 0 ms would wait for a whole one, or four in a browser. */
const otherTasks = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });

/** Draws in this thread, which it lets do other things after a row or several. */
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
