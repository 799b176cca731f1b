// The worker with ONNX Runtime: it trains, and draws with models that make whole pictures. It is ended when its view is
// left, since the runtime's memory does not shrink.
import { classesInTurn } from "../../data/classes.ts";
import { capability } from "../../families/by-name.ts";
import type { TrainedModel } from "../../families/family.ts";
import type { Program } from "../../lower/onnx/lower.ts";
import { collect } from "../../programs/drawn-pictures.ts";
import { forwardBy, type OpenForward } from "../../programs/forward-pass.ts";
import { picturesBetween } from "../../programs/interpolation.ts";
import { loadWebRuntime } from "../../runtime/ort-web.ts";
import type { Session } from "../../runtime/session.ts";
import { trainedModel } from "../../run/trained-model.ts";
import { startWebWorker } from "../../runtime/workers/web.ts";
import { RUNTIME_FOLDER } from "../site.ts";
import { answerAll } from "./answering.ts";
import type { AnswerOf, QuestionOf } from "./messages.ts";
import type { OnnxConversations } from "./onnx-messages.ts";
import { runFiles } from "./run-files.ts";
import { trainInPage } from "./train-in-page.ts";

let runtime: Promise<(program: Program) => Promise<Session>> | undefined;
const open = async (program: Program): Promise<Session> => {
  runtime ??= loadWebRuntime(new URL(`./${RUNTIME_FOLDER}/`, import.meta.url).href);
  return (await runtime)(program);
};
const openForward: OpenForward = (graph, nodes, weights) => forwardBy(open, graph, nodes, weights);

async function modelOf(folder: string): Promise<TrainedModel> {
  const { config, weights } = await runFiles(folder);
  return trainedModel(config, weights);
}

async function* answers(
  question: QuestionOf<OnnxConversations>,
  signal: AbortSignal,
): AsyncGenerator<AnswerOf<OnnxConversations>, void> {
  switch (question.kind) {
    case "train":
      yield* trainInPage(open, question, signal);
      return;
    case "sample": {
      const model = await modelOf(question.folder);
      const place = { cores: () => 1, startWorker: startWebWorker, openForward };
      const sampler = capability(model.config, "sample")(model, { workers: 1 }, place);
      try {
        const { pictures } = await collect(sampler, question);
        yield { pictures, count: question.count, size: sampler.size, levels: sampler.levels };
      } finally {
        sampler.close();
      }
      return;
    }
    case "walk": {
      const model = await modelOf(question.folder);
      const trace = capability(model.config, "interpolate");
      const { seeds, count } = question;
      const [label] = classesInTurn(model.config.classes, { first: 0, count: 1, wanted: undefined }) ?? [];
      const place = { cores: () => 1, openForward };
      const pictures = await picturesBetween(trace, model, { seeds, count, label }, place);
      yield { pictures, count, size: model.config.size, levels: model.config.levels };
    }
  }
}

answerAll<OnnxConversations>(answers);
