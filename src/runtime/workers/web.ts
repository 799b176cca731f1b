import type { FromWorker, StartWorker } from "../step/worker.ts";

/** Threads that can run at once. */
export const cores = (): number => navigator.hardwareConcurrency;

/** Starts a worker of a browser. The page must allow workers from where this module lies. */
export const startWebWorker: StartWorker = () => {
  const worker = new Worker(new URL("./web-worker.js", import.meta.url), { type: "module" });
  return {
    post: (message) => worker.postMessage(message),
    listen(onMessage, onError) {
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => onMessage(data);
      worker.onerror = ({ message }) => onError(new Error(`the worker failed: ${message}`));
    },
    terminate: () => worker.terminate(),
  };
};
