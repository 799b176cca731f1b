import type { Node } from "../graph/node.ts";
import { filled, openForward, type ForwardOptions } from "./forward.ts";
import type { Beside, ForwardGraph } from "./forward-pass.ts";
import type { GraphInputs, PartVectors } from "./trainable.ts";

/** A graph of the likelihood of pictures. */
export interface LikelihoodGraph extends ForwardGraph, Pick<GraphInputs, "picture"> {
  /** -log p of every sub-pixel given those before it, in nats, [batch, channels, rows, cols]. */
  readonly nats: Node;
}

export interface Scorer {
  /** Pictures that one call takes at most. */
  readonly batch: number;
  /**
   * -log p of every sub-pixel in nats for any number of pictures up to `batch`, from levels
   * [count, channels, rows, cols], in the same layout: given the class, if the model knows classes.
   */
  nats(pictures: Uint8Array, beside?: Beside): Promise<Float32Array>;
  close(): Promise<void>;
}

/** The likelihood of pictures; `weights` as for `openForward`. */
export async function openScorer(
  graph: LikelihoodGraph,
  weights?: PartVectors,
  options?: ForwardOptions,
): Promise<Scorer> {
  const { shape } = graph.picture;
  const batch = shape[0]!;
  const forward = await openForward(graph, [graph.nats], weights, options);
  return {
    batch,
    async nats(pictures, beside = {}) {
      const [nats] = await forward.run(...filled(pictures, shape, beside));
      return nats!.subarray(0, pictures.length);
    },
    close: () => forward.close(),
  };
}
