import type { Node } from "../graph/node.ts";
import { sizeOf } from "../graph/shapes.ts";
import { openForward, type ForwardOptions } from "./forward.ts";
import { filled } from "./forward-pass.ts";
import type { Beside, ForwardGraph } from "./forward-pass.ts";
import { noiseOf } from "./noise.ts";
import type { GraphInputs, PartVectors } from "./trainable.ts";

/** A graph of the likelihood of pictures. */
export interface LikelihoodGraph extends ForwardGraph, Pick<GraphInputs, "picture" | "noise"> {
  /**
   * -log p in nats: of every sub-pixel given those before it, [batch, channels, rows, cols], or, of models that
   * cannot tell sub-pixels apart, of whole pictures, [batch, 1, 1, 1].
   */
  readonly nats: Node;
}

/** A graph of importance weights (Burda, Grosse, Salakhutdinov 2016, "Importance weighted autoencoders"). */
export interface ImportanceGraph extends Omit<LikelihoodGraph, "nats"> {
  /** Draws of the latents for each picture. */
  readonly samples: number;
  /** log p(x, z) / q(z | x) of each draw z from q(z | x), in nats, [batch * samples, 1, 1, 1]. */
  readonly logWeights: Node;
}

export interface ScoredPictures extends Pick<Beside, "weights" | "labels"> {
  /** The number of the first one, by which random numbers are chosen; 0 by default. */
  readonly first?: number;
}

export interface Scorer {
  /** Pictures that one call takes at most. */
  readonly batch: number;
  /**
   * -log p in nats for any number of pictures up to `batch`, from levels [count, channels, rows, cols]: given the
   * class, if the model knows classes. Of every sub-pixel, in the same layout, or a number for each picture, see
   * `LikelihoodGraph`.
   */
  nats(pictures: Uint8Array, of?: ScoredPictures): Promise<Float32Array>;
  close(): Promise<void>;
}

/** The likelihood of pictures; `weights` as for `openForward`. The random numbers of a picture are always the same. */
export async function openScorer(
  graph: LikelihoodGraph,
  weights?: PartVectors,
  options?: ForwardOptions,
): Promise<Scorer> {
  const { shape } = graph.picture;
  const batch = shape[0]!;
  const forward = await openForward(graph, [graph.nats], weights, options);
  const noiseAt = noiseOf(graph.noise, batch, 0);
  return {
    batch,
    async nats(pictures, { first, ...beside } = {}) {
      const [nats] = await forward.run(...filled(pictures, shape, { ...beside, noise: noiseAt(0, first) }));
      return nats!.subarray(0, (nats!.length * pictures.length) / sizeOf(shape));
    },
    close: () => forward.close(),
  };
}

/**
 * The importance-weighted bound with so many samples: -log of the mean of the importance weights, whose expectation
 * falls to -log p(x) as samples grow in number. With one it is -ELBO as a sample tells it.
 */
export async function openImportanceScorer(
  graph: ImportanceGraph,
  count: number,
  weights?: PartVectors,
  options?: ForwardOptions,
): Promise<Scorer> {
  const { picture, noise, logWeights, samples } = graph;
  const batch = picture.shape[0]!;
  const forward = await openForward(graph, [logWeights], weights, options);
  const noiseAt = noiseOf(noise, batch, 0);
  return {
    batch,
    async nats(pictures, { first, ...beside } = {}) {
      const pictureCount = (batch * pictures.length) / sizeOf(picture.shape);
      const sums = Array.from({ length: pictureCount }, newLogSum);
      for (let drawn = 0; drawn < count; drawn += samples) {
        const noise = noiseAt(drawn / samples, first);
        const [found] = await forward.run(...filled(pictures, picture.shape, { ...beside, noise }));
        const taken = Math.min(samples, count - drawn);
        sums.forEach((sum, i) =>
          found!.subarray(i * samples, i * samples + taken).forEach((value) => sum.add(value)),
        );
      }
      return Float32Array.from(sums, (sum) => Math.log(count) - sum.value());
    },
    close: () => forward.close(),
  };
}

/** log of a sum of e^x, in float64, of numbers that come one after the other. */
function newLogSum() {
  let largest = Number.NEGATIVE_INFINITY;
  let sum = 0;
  return {
    add(value: number) {
      if (value > largest) {
        sum = sum * Math.exp(largest - value) + 1;
        largest = value;
      } else sum += Math.exp(value - largest);
    },
    value: () => largest + Math.log(sum),
  };
}
