import { sizeOf } from "../graph/shapes.ts";
import { openSession, type SessionOptions } from "../runtime/ort.ts";
import type { Network } from "./network.ts";
import { packParameters, parameterVector, PARAMETERS } from "./parameters.ts";

export interface Scorer {
  /** Pictures that one call takes at most. */
  readonly batch: number;
  /**
   * -log p of every sub-pixel in nats for any number of pictures up to `batch`, from levels
   * [count, channels, rows, cols], in the same layout. `weights` are needed if the scorer was opened without.
   */
  nats(pictures: Uint8Array, weights?: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * The exact likelihood of pictures under a network. With the weights given here they become part of the program, which
 * makes it faster; without, they are handed in at every call.
 */
export async function openScorer(
  network: Network,
  weights?: Float32Array,
  options?: SessionOptions,
): Promise<Scorer> {
  const { picture, nats, declarations } = network;
  const [packed] = packParameters([nats], declarations, parameterVector(declarations, weights));
  const session = await openSession({ name: "score", outputs: { nats: packed! } }, options);
  return {
    batch: picture.shape[0]!,
    async nats(pictures, given) {
      // A short batch is filled up with zeros, whose scores are thrown away.
      const filled = new Float32Array(sizeOf(picture.shape));
      filled.set(pictures);
      const result = await session.run({ pictures: filled, ...(given && { [PARAMETERS]: given }) });
      return result["nats"]!.subarray(0, pictures.length);
    },
    close: () => session.close(),
  };
}
