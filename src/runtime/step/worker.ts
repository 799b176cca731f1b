import type { SamplerProgram } from "./draw.ts";
import { keptDrawers, type Job, type JobRunner } from "./job.ts";

// Drawing in worker threads. Node and browsers start them in different ways; the messages are the same.

/** A worker as seen from the thread that started it. */
export interface WorkerHandle {
  post(message: ToWorker): void;
  /** Ends the worker; it sends no more messages. */
  terminate(): void;
}

/** Starts a worker that calls `serve`. */
export type StartWorker = (
  onMessage: (message: FromWorker) => void,
  onError: (error: Error) => void,
) => WorkerHandle;

export type ToWorker = { readonly program: SamplerProgram } | { readonly job: Job };

export type FromWorker =
  | { readonly row: number; readonly levels: Uint8Array }
  | { readonly nats: Float64Array }
  | { readonly failed: unknown };

/** What a worker does: it receives a program, then jobs. Returns the listener for its messages. */
export function serve(
  post: (message: FromWorker, transfer: ArrayBuffer[]) => void,
): (message: ToWorker) => Promise<void> {
  let drawerFor: ReturnType<typeof keptDrawers>;
  return async (message) => {
    if ("program" in message) {
      drawerFor = keptDrawers(message.program);
      return;
    }
    try {
      const rows = (await drawerFor(message.job.pictures)).rows(message.job);
      for (let row = 0; ; row++) {
        const next = rows.next();
        if (next.done) {
          post({ nats: next.value }, []);
          return;
        }
        post({ row, levels: next.value }, [next.value.buffer as ArrayBuffer]);
      }
    } catch (failed) {
      post({ failed }, []);
    }
  };
}

/**
 * Draws in a worker, which is started for the first job. Aborting a job ends the worker, since it cannot receive
 * messages while it draws.
 */
export function workerRunner(program: SamplerProgram, start: StartWorker): JobRunner {
  let worker: WorkerHandle | undefined;
  let hear: (message: FromWorker) => void = () => undefined;
  let fail: (reason: unknown) => void = () => undefined;

  const started = (): WorkerHandle => {
    const handle = start(
      (message) => hear(message),
      (error) => fail(error),
    );
    handle.post({ program });
    return handle;
  };
  const close = () => {
    worker?.terminate();
    worker = undefined;
  };
  return {
    run: (job, onRow, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const onAbort = () => fail(signal?.reason);
        signal?.addEventListener("abort", onAbort, { once: true });
        const settle = (): void => signal?.removeEventListener("abort", onAbort);
        fail = (reason) => {
          settle();
          close();
          reject(reason as Error);
        };
        hear = (message) => {
          if ("row" in message) {
            onRow(message.row, message.levels);
          } else if ("failed" in message) {
            fail(message.failed);
          } else {
            settle();
            resolve(message.nats);
          }
        };
        worker ??= started();
        worker.post({ job });
      }),
    close,
  };
}
