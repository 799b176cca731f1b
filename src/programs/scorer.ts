import { sizeOf } from "../graph/shapes.ts";
import { openForward, type Beside, type ForwardOptions } from "./forward.ts";
import type { Network } from "./network.ts";

export interface Scorer {
  /** Pictures that one call takes at most. */
  readonly batch: number;
  /**
   * -log p of every sub-pixel in nats for any number of pictures up to `batch`, from levels
   * [count, channels, rows, cols], in the same layout: given the class, if the network knows classes.
   */
  nats(pictures: Uint8Array, beside?: Beside): Promise<Float32Array>;
  close(): Promise<void>;
}

/** The exact likelihood of pictures under a network; `weights` as for `openForward`. */
export async function openScorer(
  network: Network,
  weights?: Float32Array,
  options?: ForwardOptions,
): Promise<Scorer> {
  const { shape } = network.picture;
  const forward = await openForward(network, network.nats, weights, options);
  return {
    batch: shape[0]!,
    async nats(pictures, { weights: given, labels } = {}) {
      // A short batch is filled up with zeros, whose scores are thrown away.
      const filled = new Float32Array(sizeOf(shape));
      filled.set(pictures);
      const filledLabels = labels && Int32Array.from({ length: shape[0]! }, (_, i) => labels[i] ?? 0);
      const nats = await forward.run(filled, { weights: given, labels: filledLabels });
      return nats.subarray(0, pictures.length);
    },
    close: () => forward.close(),
  };
}
