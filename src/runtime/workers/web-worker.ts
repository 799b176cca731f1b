// What a worker of a browser runs.
import { serve, type FromWorker, type ToWorker } from "../step/worker.ts";

/** What TypeScript's types of a window do not have. */
const post = globalThis.postMessage as unknown as (message: FromWorker, transfer: ArrayBuffer[]) => void;
const receive = serve((message, transfer) => post(message, transfer));
globalThis.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => void receive(data));
