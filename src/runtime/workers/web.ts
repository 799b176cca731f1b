import type { FromWorker, StartWorker } from "../step/worker.ts";

/** Threads that can run at once. */
export const cores = (): number => navigator.hardwareConcurrency;

/** Starts a worker of a browser. The page must allow workers from where this module lies. */
export const startWebWorker: StartWorker = (onMessage, onError) => {
  const worker = new Worker(new URL("./web-worker.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => onMessage(data));
  worker.addEventListener("error", ({ message }) => {
    // A worker that could not be loaded says no more than that.
    onError(new Error(`the worker failed: ${message ?? "expected it to load, see the browser's console"}`));
  });
  return { post: (message) => worker.postMessage(message), terminate: () => worker.terminate() };
};
