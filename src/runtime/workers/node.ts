import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { StartWorker } from "../step/worker.ts";

/** Threads that can run at once. */
export const cores = availableParallelism;

// Node runs no TypeScript: where this file is run as it is, by tests and benches, workers run what was built last.
const ENTRY = import.meta.url.endsWith(".ts")
  ? "../../../dist/runtime/workers/node-worker.js"
  : "./node-worker.js";

/** Starts a worker thread of Node. */
export const startNodeWorker: StartWorker = (onMessage, onError) => {
  const worker = new Worker(new URL(ENTRY, import.meta.url));
  worker.on("message", onMessage).on("error", onError);
  worker.on("exit", (code) => onError(new Error(`the worker ended with exit code ${code}`)));
  return {
    post: (message) => worker.postMessage(message),
    terminate() {
      worker.removeAllListeners();
      void worker.terminate();
    },
  };
};
