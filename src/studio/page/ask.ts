import type { Conversations, FromStudioWorker, Kind, Question, ToStudioWorker } from "./messages.ts";

interface Listener {
  answer(answer: unknown): void;
  end(): void;
  fail(error: Error): void;
}

const listeners = new Map<number, Listener>();
let questions = 0;
let worker: Worker | undefined;

/** The worker, which loads while the page does other things if it is started early. */
export function startedWorker(): Worker {
  if (worker) return worker;
  worker = new Worker(new URL("./studio-worker.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }: MessageEvent<FromStudioWorker>) => {
    const listener = listeners.get(data.id);
    if (!listener) return;
    if ("answer" in data) return listener.answer(data.answer);
    listeners.delete(data.id);
    if ("failed" in data) listener.fail(new Error(data.failed));
    else listener.end();
  });
  worker.addEventListener("error", ({ message }) => {
    const error = new Error(`the worker failed: ${message ?? "it could not be loaded"}`);
    for (const { fail } of listeners.values()) fail(error);
    listeners.clear();
  });
  return worker;
}

/**
 * Asks the worker. Each answer is given to `hear`; the promise is fulfilled after the last one, or when the signal is
 * aborted, after which nothing more is heard.
 */
export function ask<K extends Kind>(
  kind: K,
  question: Conversations[K]["question"],
  hear: (answer: Conversations[K]["answer"]) => void,
  signal?: AbortSignal,
): Promise<void> {
  const id = questions++;
  const post = (message: ToStudioWorker) => startedWorker().postMessage(message);
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return resolve();
    const stop = () => {
      listeners.delete(id);
      post({ id });
      resolve();
    };
    const settle = () => signal?.removeEventListener("abort", stop);
    signal?.addEventListener("abort", stop, { once: true });
    listeners.set(id, {
      answer: (answer) => hear(answer as Conversations[K]["answer"]),
      end() {
        settle();
        resolve();
      },
      fail(error) {
        settle();
        reject(error);
      },
    });
    post({ id, question: { kind, ...question } as unknown as Question });
  });
}
