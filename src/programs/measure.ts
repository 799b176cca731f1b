import type { Dataset } from "../data/dataset.ts";
import { readAhead } from "../data/read-ahead.ts";
import type { Values } from "../runtime/values.ts";
import { gatherNumbers, type Communicator } from "./communicator.ts";
import { filled, forwardBy, type OpenProgram } from "./forward-pass.ts";
import { noiseOf } from "./noise.ts";
import type { Evaluation, PartVectors, Pool, TracedFigure } from "./trainable.ts";

export interface MeasureOptions {
  /** The number of every picture's class, if the model knows classes. */
  readonly labels?: Int32Array | undefined;
  /** Of the random numbers, which are the same at every call; 0 by default. */
  readonly seed?: number | undefined;
  /** Processes that share the work. All have the same pictures, and get the same figures. */
  readonly world?: Communicator | undefined;
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
  { labels, seed = 0, world }: MeasureOptions = {},
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
      // In each round every process measures one batch, as long as there are any.
      const { rank, size } = world ?? { rank: 0, size: 1 };
      const rounds = Math.ceil(pictures.count / (size * batch));
      const firstOf = (round: number) => (round * size + rank) * batch;
      const countOf = (round: number) => Math.max(0, Math.min(batch, pictures.count - firstOf(round)));
      const next = readAhead(
        (round) => pictures.read(Array.from({ length: countOf(round) }, (_, i) => firstOf(round) + i)),
        0,
        // The last round may have none for this process.
        countOf(rounds - 1) > 0 ? rounds : rounds - 1,
      );
      for (let round = 0; round < rounds; round++) {
        const [first, count] = [firstOf(round), countOf(round)];
        const own: Float64Array[] = [];
        if (count > 0) {
          const [ofBatch, noise] = [labels?.subarray(first, first + batch), noiseAt(0, first)];
          const outputs = await forward.run(
            ...filled(await next(), shape, { weights, labels: ofBatch, noise }),
          );
          for (const { figure, pool } of pools) {
            const values = outputs[nodes.indexOf(figure.node)]!;
            own.push(pool.reduced(values.subarray(0, (values.length * count) / batch), count));
          }
        }
        // They are added in the order of batches, whoever has measured them.
        for (const [of, reduced] of await exchanged(world, count, own))
          reduced.forEach((numbers, i) => pools[i]!.pool.add(numbers, of));
      }
      return Object.fromEntries(pools.map(({ figure, pool }) => [figure.name, pool.value()]));
    },
    close: () => forward.close(),
  };
}

/** What all processes have found of so many pictures each, in their order; nothing of those that had none. */
async function exchanged(
  world: Communicator | undefined,
  count: number,
  reduced: readonly Float64Array[],
): Promise<[count: number, reduced: Float64Array[]][]> {
  if (!world) return [[count, [...reduced]]];
  const own = Float64Array.from([count, ...reduced.flatMap((numbers) => [numbers.length, ...numbers])]);
  return (await gatherNumbers(world, own)).map((received) => {
    const found: Float64Array[] = [];
    for (let start = 1; start < received.length; start += 1 + found.at(-1)!.length)
      found.push(received.subarray(start + 1, start + 1 + received[start]!));
    return [received[0]!, found];
  });
}

/** The mean over pictures of a figure's numbers, summed in float64. */
function meanPool({ scale }: TracedFigure): Pool {
  let [total, pictures] = [0, 0];
  return {
    reduced: (values, count) => Float64Array.of(sumOf(values, count)),
    add([sum], count) {
      total += sum!;
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
