import type { Dataset } from "../data/dataset.ts";
import { readAhead } from "../data/read-ahead.ts";
import type { Values } from "../runtime/values.ts";
import { filled, forwardBy, type OpenProgram } from "./forward-pass.ts";
import { noiseOf } from "./noise.ts";
import type { Evaluation, PartVectors } from "./trainable.ts";

export interface MeasureOptions {
  /** The number of every picture's class, if the model knows classes. */
  readonly labels?: Int32Array | undefined;
  /** Of the random numbers, which are the same at every call; 0 by default. */
  readonly seed?: number | undefined;
}

export interface Evaluator {
  /** The figures by their names, with the given parameters: means over the pictures. */
  figures(weights: PartVectors<Values>): Promise<Record<string, number>>;
  close(): Promise<void>;
}

const BATCH = 64;

/** Measures a model on pictures, with whatever parameters there are, by programs that `open` opens. */
export async function evaluatorBy(
  open: OpenProgram,
  evaluate: (batch: number) => Evaluation,
  pictures: Dataset,
  { labels, seed = 0 }: MeasureOptions = {},
): Promise<Evaluator> {
  const batch = Math.min(BATCH, pictures.count);
  const evaluation = evaluate(batch);
  const nodes = [...new Set(evaluation.figures.map(({ node }) => node))];
  // There is no program that computes nothing.
  if (nodes.length === 0) return { figures: async () => ({}), close: async () => undefined };
  const forward = await forwardBy(open, evaluation, nodes);
  const noiseAt = noiseOf(evaluation.noise, batch, seed);
  const { shape } = evaluation.picture;
  return {
    async figures(weights) {
      const totals = new Map(nodes.map((node) => [node, 0]));
      const indicesFrom = (first: number) =>
        Array.from({ length: Math.min(batch, pictures.count - first) }, (_, i) => first + i);
      const next = readAhead(
        (i) => pictures.read(indicesFrom(i * batch)),
        0,
        Math.ceil(pictures.count / batch),
      );
      for (let first = 0; first < pictures.count; first += batch) {
        const own = labels?.subarray(first, first + batch);
        const noise = noiseAt(0, first);
        const outputs = await forward.run(...filled(await next(), shape, { weights, labels: own, noise }));
        const count = Math.min(batch, pictures.count - first);
        for (const [i, node] of nodes.entries())
          totals.set(node, totals.get(node)! + sumOf(outputs[i]!, count, batch));
      }
      return Object.fromEntries(
        evaluation.figures.map(({ name, node, scale }) => [
          name,
          (scale * totals.get(node)!) / pictures.count,
        ]),
      );
    },
    close: () => forward.close(),
  };
}

/** The sum over the first pictures of a batch: first of each picture, in float64. */
function sumOf(values: Float32Array, count: number, batch: number): number {
  const length = values.length / batch;
  let total = 0;
  for (let i = 0; i < count; i++) {
    total += values.subarray(i * length, (i + 1) * length).reduce((sum, value) => sum + value, 0);
  }
  return total;
}
