import type { Conversation, FromWorker, Talk, ToWorker } from "./messages.ts";

interface Listener {
  answer(answer: unknown): void;
  end(): void;
  fail(error: Error): void;
}

/** A worker that is asked questions. */
export interface Asking<All extends Talk> {
  /** Starts the worker, which loads while the page does other things if it is started early. */
  start(): void;
  /**
   * Asks the worker. Each answer is given to `hear`; the promise is fulfilled after the last one, or when the signal is
   * aborted, after which nothing more is heard.
   */
  ask<K extends keyof All & string>(
    kind: K,
    question: All[K]["question"],
    hear: (answer: All[K]["answer"]) => void,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Ends the worker, which frees its memory. What has been asked is not answered any more. */
  end(): void;
}

/** A worker of the page, by the name of its file. */
export function openAsking<All extends Talk>(file: string): Asking<All> {
  const listeners = new Map<number, Listener>();
  let questions = 0;
  let worker: Worker | undefined;

  function started(): Worker {
    if (worker) return worker;
    worker = new Worker(new URL(file, import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
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

  return {
    start: () => void started(),
    ask(kind, question, hear, signal) {
      const id = questions++;
      const post = (message: ToWorker<Conversation>) => started().postMessage(message);
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
          answer: (answer) => hear(answer as never),
          end() {
            settle();
            resolve();
          },
          fail(error) {
            settle();
            reject(error);
          },
        });
        post({ id, question: { kind, ...question } });
      });
    },
    end() {
      worker?.terminate();
      worker = undefined;
      for (const { end } of listeners.values()) end();
      listeners.clear();
    },
  };
}
