import { availableParallelism, totalmem } from "node:os";
import { Worker, type TransferListItem } from "node:worker_threads";
import type { StartWorker } from "../step/worker.ts";

/** Threads that can run at once. */
export const cores = availableParallelism;

/** Bytes of memory that there are: in a container the limit may be lower than the memory of the machine. */
export const machineMemory = (): number => Math.min(process.constrainedMemory() || totalmem(), totalmem());

// Node does not run TypeScript: if this file is run from source, by tests and benches, workers run the last build.
const FOLDER = import.meta.url.endsWith(".ts") ? "../../../dist/runtime/workers" : ".";

/** The file that runs `entry`, one beside this. */
export const entryUrl = (entry: string): URL => new URL(`${FOLDER}/${entry}.js`, import.meta.url);

/** A worker thread of Node that runs `entry`, a file beside this one. */
export function startThread<To, From>(
  entry: string,
  onMessage: (message: From) => void,
  onError: (error: Error) => void,
) {
  // Without flags of the process that do not apply to a file, such as `--input-type=module`.
  const worker = new Worker(entryUrl(entry), { execArgv: [] });
  worker.on("message", onMessage).on("error", onError);
  worker.on("exit", (code) => onError(new Error(`the worker ended with exit code ${code}`)));
  return {
    post: (message: To, transfer: readonly TransferListItem[] = []) => worker.postMessage(message, transfer),
    /** Ends the worker; it sends no more messages. */
    terminate() {
      worker.removeAllListeners();
      void worker.terminate();
    },
    /** Whether the process shall live as long as the worker does. */
    keepAlive: (isNeeded: boolean) => (isNeeded ? worker.ref() : worker.unref()),
  };
}

/** Starts a worker thread of Node that draws. */
export const startNodeWorker: StartWorker = (onMessage, onError) =>
  startThread("node-worker", onMessage, onError);
