import type { FromWorker, StartWorker } from "../step/worker.ts";

/** Threads that can run at once. */
export const cores = (): number => navigator.hardwareConcurrency;

/** Starts a worker of a browser. The page must allow workers from the place of this module. */
export const startWebWorker: StartWorker = (onMessage, onError) => {
  const worker = new Worker(new URL("./web-worker.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => onMessage(data));
  worker.addEventListener("error", ({ message }) => {
    // The error event of a worker that could not be loaded has no message.
    onError(new Error(`the worker failed: ${message ?? "expected it to load, see the browser's console"}`));
  });
  return { post: (message) => worker.postMessage(message), terminate: () => worker.terminate() };
};
