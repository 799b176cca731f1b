import type { Dataset } from "../data/dataset.ts";
import { readAhead } from "../data/read-ahead.ts";
import type { Values } from "../runtime/values.ts";
import { filled, forwardBy, type OpenProgram } from "./forward-pass.ts";
import { noiseOf } from "./noise.ts";
import type { Evaluation, PartVectors, Pool, TracedFigure } from "./trainable.ts";

export interface MeasureOptions {
  /** The number of every picture's class, if the model knows classes. */
  readonly labels?: Int32Array | undefined;
  /** Of the random numbers, which are the same at every call; 0 by default. */
  readonly seed?: number | undefined;
}

export interface Evaluator {
  /** The figures by their names, with the given parameters: means over the pictures, or of all of them together. */
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
      const pools = evaluation.figures.map((figure) => ({
        figure,
        pool: "pool" in figure ? figure.pool() : meanPool(figure),
      }));
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
        for (const { figure, pool } of pools) {
          const values = outputs[nodes.indexOf(figure.node)]!;
          pool.add(values.subarray(0, (values.length * count) / batch), count);
        }
      }
      return Object.fromEntries(pools.map(({ figure, pool }) => [figure.name, pool.value()]));
    },
    close: () => forward.close(),
  };
}

/** The mean over pictures of a figure's numbers, summed in float64. */
function meanPool({ scale }: TracedFigure): Pool {
  let [total, pictures] = [0, 0];
  return {
    add(values, count) {
      total += sumOf(values, count);
      pictures += count;
    },
    value: () => (scale * total) / pictures,
  };
}

/** The sum over so many pictures, one after the other, in float64. */
function sumOf(values: Float32Array, count: number): number {
  const length = values.length / count;
  let total = 0;
  for (let i = 0; i < count; i++) {
    total += values.subarray(i * length, (i + 1) * length).reduce((sum, value) => sum + value, 0);
  }
  return total;
}
