import type { AnswerOf, FromWorker, QuestionOf, Talk, ToWorker } from "./messages.ts";

/** What TypeScript's types of a window do not have. */
const post = globalThis.postMessage as unknown as (message: FromWorker) => void;

/** Answers the questions that a worker is asked, each as often as there is something to say. */
export function answerAll<All extends Talk>(
  answers: (question: QuestionOf<All>, signal: AbortSignal) => AsyncGenerator<AnswerOf<All>, void>,
): void {
  const stops = new Map<number, AbortController>();

  async function answer(id: number, question: QuestionOf<All>): Promise<void> {
    const stop = new AbortController();
    stops.set(id, stop);
    try {
      for await (const found of answers(question, stop.signal)) post({ id, answer: found });
      post({ id, end: true });
    } catch (error) {
      if (!stop.signal.aborted) post({ id, failed: error instanceof Error ? error.message : String(error) });
    } finally {
      stops.delete(id);
    }
  }

  globalThis.addEventListener("message", ({ data }: MessageEvent<ToWorker<QuestionOf<All>>>) => {
    if (data.question) void answer(data.id, data.question);
    else stops.get(data.id)?.abort();
  });
}
