// What a worker of a browser runs.
import { serve, type FromWorker, type ToWorker } from "../step/worker.ts";

const scope = globalThis as unknown as {
  postMessage(message: FromWorker, transfer: ArrayBuffer[]): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};
const receive = serve((message, transfer) => scope.postMessage(message, transfer));
scope.onmessage = ({ data }) => void receive(data);
