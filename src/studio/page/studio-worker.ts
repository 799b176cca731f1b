// The worker of the page, in which everything is computed.
import { openObserver, openSampler, type Observer, type Sampler } from "../../browser.ts";
import { explainNetwork } from "../../programs/network-explanation.ts";
import { networkLayers } from "../../programs/network-layers.ts";
import type { PublishedConfig } from "../site.ts";
import { runFiles } from "./run-files.ts";
import { scorePicture } from "./score-picture.ts";
import { answerAll } from "./answering.ts";
import type { AnswerOf, Conversations, OpenedRun, QuestionOf } from "./messages.ts";

let observer: Observer;
let network: PublishedConfig["network"];
let sampler: Sampler | undefined;
/** Opens the sampler of the run, which takes as long as opening the observer: only when it is asked for. */
let sampling: () => Sampler;
/** The last stream of the sampler, which draws one at a time. */
let drawing: Promise<void> = Promise.resolve();

async function open(
  { folder, token, trained }: Conversations["open"]["question"],
  signal: AbortSignal,
): Promise<OpenedRun> {
  const { config, weights } = trained ?? (await runFiles(folder, token));
  // Another run may have been opened while this one was read.
  signal.throwIfAborted();
  sampler?.close();
  sampler = undefined;
  observer = openObserver(config, weights);
  sampling = () => (sampler ??= openSampler(config, weights));
  network = config.network;
  const { size, levels, attentions } = observer;
  const readsAllGiven = network.field !== undefined;
  return { size, levels, attentions, readsAllGiven, classes: network.classes ?? [] };
}

/** Answers that are given one by one. */
async function* answers(
  question: QuestionOf<Conversations>,
  signal: AbortSignal,
): AsyncGenerator<AnswerOf<Conversations>, void> {
  switch (question.kind) {
    case "open":
      yield await open(question, signal);
      return;
    case "observe":
      yield* observer.observe({ ...question, signal });
      return;
    case "seen":
      yield observer.seen(question);
      return;
    case "attention":
      yield await observer.attention(question.at, { ...question.of, signal });
      return;
    case "score":
      yield await scorePicture(observer, network.classes ?? [], question, signal);
      return;
    case "inside":
      yield { ...explainNetwork(network), layers: networkLayers(network) };
      return;
    case "draw": {
      const before = drawing;
      let finish: () => void;
      drawing = new Promise((resolve) => (finish = resolve));
      await before;
      try {
        signal.throwIfAborted();
        yield* sampling().stream({ ...question, signal });
      } finally {
        finish!();
      }
    }
  }
}

answerAll<Conversations>(answers);
