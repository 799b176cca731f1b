// What a worker thread with a session of its own runs.
import { parentPort } from "node:worker_threads";
import { openCompiled } from "../ort.ts";
import type { Session } from "../session.ts";
import type { FromSession, SharedFeeds, ToSession } from "./session.ts";

const port = parentPort!;
let session: Session;
let shared: SharedFeeds;
/** Copies of what is shared, which the runtime takes; it does not take shared memory. */
let feeds: Readonly<Record<string, Float32Array>>;

async function answer(message: ToSession): Promise<Record<string, Float32Array>> {
  if (message === "run") {
    for (const [name, values] of shared) feeds[name]!.set(values);
    return session.run(feeds);
  }
  shared = message.feeds;
  feeds = Object.fromEntries([...shared].map(([name, { length }]) => [name, new Float32Array(length)]));
  session = await openCompiled(message.compiled, message.options);
  return {};
}

port.on("message", (message: ToSession) => {
  answer(message).then(
    (results) => {
      const buffers = Object.values(results).map(({ buffer }) => buffer as ArrayBuffer);
      port.postMessage({ results } satisfies FromSession, buffers);
    },
    (failed: unknown) => port.postMessage({ failed } satisfies FromSession),
  );
});
