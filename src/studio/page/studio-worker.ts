// The worker of the page, in which everything is computed.
import { openObserver, openSampler, type Observer, type Sampler } from "../../browser.ts";
import { explainNetwork } from "../../programs/network-explanation.ts";
import { networkLayers } from "../../programs/network-layers.ts";
import { CONFIG_FILE, RUNS_FOLDER, WEIGHTS_FILE, type PublishedConfig } from "../site.ts";
import { scorePicture } from "./score-picture.ts";
import type {
  Conversations,
  FromStudioWorker,
  Kind,
  OpenedRun,
  Question,
  ToStudioWorker,
} from "./messages.ts";

/** What TypeScript's types of a window do not have. */
const post = globalThis.postMessage as unknown as (message: FromStudioWorker) => void;

let observer: Observer;
let network: PublishedConfig["network"];
let sampler: Sampler | undefined;
/** Opens the sampler of the run, which takes as long as opening the observer: only when it is asked for. */
let sampling: () => Sampler;
/** The last stream of the sampler, which draws one at a time. */
let drawing: Promise<void> = Promise.resolve();
const stops = new Map<number, AbortController>();

/** A file of the site, which is where this worker is from. */
async function fileOf(path: string): Promise<Response> {
  const response = await fetch(new URL(path, import.meta.url));
  if (!response.ok) throw new Error(`expected the file ${path}, received status ${response.status}`);
  return response;
}

async function open(folder: string, signal: AbortSignal): Promise<OpenedRun> {
  const place = `${RUNS_FOLDER}/${encodeURIComponent(folder)}`;
  const [config, weights] = await Promise.all([
    fileOf(`${place}/${CONFIG_FILE}`).then((file) => file.json() as Promise<PublishedConfig>),
    fileOf(`${place}/${WEIGHTS_FILE}`).then((file) => file.arrayBuffer()),
  ]);
  // Another run may have been opened while this one was read.
  signal.throwIfAborted();
  sampler?.close();
  sampler = undefined;
  observer = openObserver(config, weights);
  sampling = () => (sampler ??= openSampler(config, weights));
  network = config.network;
  const { size, levels, attentions } = observer;
  return { size, levels, attentions, classes: network.classes ?? [] };
}

/** Answers that are given one by one. */
async function* answers(
  question: Question,
  signal: AbortSignal,
): AsyncGenerator<Conversations[Kind]["answer"], void> {
  switch (question.kind) {
    case "open":
      yield await open(question.folder, signal);
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

async function answer(id: number, question: Question): Promise<void> {
  const stop = new AbortController();
  stops.set(id, stop);
  try {
    for await (const answer of answers(question, stop.signal)) post({ id, answer });
    post({ id, end: true });
  } catch (error) {
    if (!stop.signal.aborted) post({ id, failed: error instanceof Error ? error.message : String(error) });
  } finally {
    stops.delete(id);
  }
}

globalThis.addEventListener("message", ({ data: { id, question } }: MessageEvent<ToStudioWorker>) => {
  if (question) void answer(id, question);
  else stops.get(id)?.abort();
});
