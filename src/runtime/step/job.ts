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
          await new Promise((resolve) => setTimeout(resolve, 0));
          resumed = performance.now();
        }
      }
    },
    close: () => undefined,
  };
}
