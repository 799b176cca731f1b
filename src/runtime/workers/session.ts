import type { CompiledProgram, Session, SessionOptions } from "../ort.ts";
import { startThread } from "./node.ts";

export type ToSession =
  | { readonly compiled: CompiledProgram; readonly options: SessionOptions }
  | { readonly feeds: Readonly<Record<string, Float32Array>> };

export type FromSession = { readonly results: Record<string, Float32Array> } | { readonly failed: unknown };

/** A session in a thread of its own, so that several run at once; each can be asked for one run at a time. */
export async function openSessionThread(
  compiled: CompiledProgram,
  options: SessionOptions = {},
): Promise<Session> {
  let hear: (message: FromSession) => void = () => undefined;
  const thread = startThread<ToSession, FromSession>(
    "session-worker",
    (message) => hear(message),
    (failed) => hear({ failed }),
  );
  const ask = (message: ToSession) =>
    new Promise<Record<string, Float32Array>>((resolve, reject) => {
      hear = (answer) => {
        // An idle thread does not keep a process from its end.
        thread.keepAlive(false);
        if ("results" in answer) resolve(answer.results);
        else reject(answer.failed as Error);
      };
      thread.keepAlive(true);
      thread.post(message);
    });
  await ask({ compiled, options });
  return {
    run: (feeds) => ask({ feeds }),
    close: async () => thread.terminate(),
  };
}
