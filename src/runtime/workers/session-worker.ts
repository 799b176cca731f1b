// What a worker thread with a session of its own runs.
import { parentPort } from "node:worker_threads";
import { openCompiled } from "../ort.ts";
import type { Session } from "../session.ts";
import type { FromSession, ToSession } from "./session.ts";

const port = parentPort!;
const post = (message: FromSession) => port.postMessage(message);
let session: Session;

async function answer(message: ToSession): Promise<Record<string, Float32Array>> {
  if ("feeds" in message) return session.run(message.feeds);
  session = await openCompiled(message.compiled, message.options);
  return {};
}

port.on("message", (message: ToSession) => {
  answer(message).then(
    (results) => post({ results }),
    (failed: unknown) => post({ failed }),
  );
});
