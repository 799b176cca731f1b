import { NextpixelError } from "../../basics/errors.ts";
import type { SessionOptions } from "../ort.ts";
import type { CompiledProgram, Session } from "../session.ts";
import { startThread } from "./node.ts";

export type ToSession =
  | { readonly compiled: CompiledProgram; readonly options: SessionOptions }
  | { readonly feeds: Readonly<Record<string, Float32Array>> };

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
  await ask({ compiled, options }).catch((cause: unknown) => {
    thread.terminate();
    throw cause;
  });
  return {
    run: (feeds) => ask({ feeds }),
    async close() {
      thread.terminate();
      endWith(new NextpixelError("INTERRUPTED", "the session was closed: open another to run"));
    },
  };
}
