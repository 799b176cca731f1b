import { wholeNumber } from "../basics/errors.ts";
import type { OpenForward } from "./forward-pass.ts";
import type { GeneratorGraph } from "./generator-sampler.ts";
import type { NetworkConfig } from "./network.ts";
import { noiseOf } from "./noise.ts";
import { openLevelDrawer } from "./picture-output.ts";
import type { PartVectors } from "./trainable.ts";

export interface InterpolationOptions {
  /** Seeds whose first pictures, those of number 0, are at the two ends. */
  readonly seeds: readonly [from: number, to: number];
  /** Pictures in all, with both ends. */
  readonly count: number;
  /** The number of the class of all of them, if the model knows classes. */
  readonly label?: number | undefined;
}

export const MOST_BETWEEN = 256;

/**
 * Pictures on the way from one drawn picture to another: levels [count, channels, rows, cols]. Their random numbers
 * lie on the arc between those of the ends (T. White 2016), where they are as likely as at the ends; on a straight
 * line they would be nearer to 0 than any that the network was trained on.
 *
 * @throws ARGUMENT if the count is below 2 or above `MOST_BETWEEN`.
 */
export async function picturesBetween(
  trace: (config: NetworkConfig, batch: number) => GeneratorGraph,
  { config, weights }: { readonly config: NetworkConfig; readonly weights: PartVectors },
  { seeds, count, label }: InterpolationOptions,
  { cores, openForward }: { readonly cores: () => number; readonly openForward: OpenForward },
): Promise<Uint8Array> {
  wholeNumber(count, "the pictures from one to the other", 2, MOST_BETWEEN);
  for (const seed of seeds) wholeNumber(seed, "the seed", 0);
  const graph = trace(config, count);
  const [from, to] = seeds.map((seed) => noiseOf(graph.noise, 1, seed)(0));
  const noise = Object.fromEntries(
    graph.noise.map(({ node }) => {
      const { name } = node.attributes;
      return [name, arc(from![name]!, to![name]!, count)] as const;
    }),
  );
  const labels = label === undefined ? undefined : new Int32Array(count).fill(label);
  const forward = await openForward(graph, [graph.output.node], weights, { threads: cores() });
  try {
    const [values] = await forward.run(undefined, { labels, noise });
    const drawLevels = await openLevelDrawer(graph.output, config.size, config.levels);
    // The same random numbers for all, so that only what lies between the ends changes.
    return drawLevels(values!, { seed: seeds[0], temperature: 1, pictureOf: () => 0 });
  } finally {
    await forward.close();
  }
}

/** Points from one vector to another on a great circle, if they are of one length: [count, length]. */
export function arc(from: Float32Array, to: Float32Array, count: number): Float32Array {
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const cosine = dot(from, to) / Math.sqrt(dot(from, from) * dot(to, to));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  // So near to each other, or so opposite, no circle is to be found, and a line does.
  const isArc = Math.sin(angle) > 1e-3;
  const weight = (part: number) => (isArc ? Math.sin(part * angle) / Math.sin(angle) : part);
  const points = new Float32Array(count * from.length);
  for (let k = 0; k < count; k++) {
    const done = k / (count - 1);
    for (let i = 0; i < from.length; i++)
      points[k * from.length + i] = weight(1 - done) * from[i]! + weight(done) * to[i]!;
  }
  return points;
}
