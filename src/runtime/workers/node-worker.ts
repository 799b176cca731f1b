// What a worker thread of Node runs.
import { parentPort } from "node:worker_threads";
import { serve, type ToWorker } from "../step/worker.ts";

const port = parentPort!;
const receive = serve((message, transfer) => port.postMessage(message, transfer));
port.on("message", (message: ToWorker) => void receive(message));
