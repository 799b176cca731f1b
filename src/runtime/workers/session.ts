import { NextpixelError } from "../../basics/errors.ts";
import { sizeOf } from "../../graph/shapes.ts";
import type { SessionOptions } from "../ort.ts";
import { checkLength, type CompiledProgram, type Session } from "../session.ts";
import { startThread } from "./node.ts";

/** Memory of the values of each input, which the thread reads: sending them would copy them several times. */
export type SharedFeeds = ReadonlyMap<string, Float32Array<SharedArrayBuffer>>;

export type ToSession =
  | { readonly compiled: CompiledProgram; readonly options: SessionOptions; readonly feeds: SharedFeeds }
  | "run";

export type FromSession = { readonly results: Record<string, Float32Array> } | { readonly failed: unknown };

/**
 * A session in a thread of its own, so that several run at once; each can be asked for one run at a time. Runs of a
 * session that is closed, or whose thread has failed, throw: INTERRUPTED, or what the thread failed with.
 */
export async function openSessionThread(
  compiled: CompiledProgram,
  options: SessionOptions = {},
): Promise<Session> {
  let hear: (message: FromSession) => void = () => undefined;
  /** Why there is no thread any more. */
  let end: { readonly failed: unknown } | undefined;
  const endWith = (failed: unknown) => {
    end ??= { failed };
    hear(end);
  };
  const thread = startThread<ToSession, FromSession>("session-worker", (message) => hear(message), endWith);
  const ask = (message: ToSession) =>
    new Promise<Record<string, Float32Array>>((resolve, reject) => {
      hear = (answer) => {
        // An idle thread does not keep a process from its end.
        thread.keepAlive(false);
        if ("results" in answer) resolve(answer.results);
        else reject(answer.failed as Error);
      };
      if (end) return hear(end);
      thread.keepAlive(true);
      thread.post(message);
    });
  const shared: SharedFeeds = new Map(
    [...compiled.shapes].map(([name, shape]) => [name, sharedArray(sizeOf(shape))]),
  );
  await ask({ compiled, options, feeds: shared }).catch((cause: unknown) => {
    thread.terminate();
    throw cause;
  });
  return {
    async run(feeds) {
      for (const [name, shape] of compiled.shapes)
        shared.get(name)!.set(checkLength(feeds[name], name, shape));
      return ask("run");
    },
    async close() {
      thread.terminate();
      endWith(new NextpixelError("INTERRUPTED", "the session was closed: open another to run"));
    },
  };
}

const sharedArray = (length: number) =>
  new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));
