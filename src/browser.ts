// The sampler for browsers. Nothing that it imports is of Node or of another package, so that it runs without a bundler.
import { expected } from "./basics/errors.ts";
import { buildNetwork, type NetworkConfig } from "./programs/network.ts";
import { openModelSampler, type Sampler, type SamplerOptions } from "./programs/sampler.ts";
import { decodeCheckpoint } from "./run/checkpoint.ts";
import { vectorOf } from "./run/training-state.ts";
import { cores, startWebWorker } from "./runtime/workers/web.ts";

export { NextpixelError, type ErrorCode } from "./basics/errors.ts";
export type { PictureClass } from "./data/classes.ts";
export type { PictureSize } from "./data/dataset.ts";
export type { Sampler, SamplerOptions, StreamOptions } from "./programs/sampler.ts";
export type { GivenPixels } from "./runtime/step/draw.ts";
export type { SampleEvent } from "./runtime/step/sampler.ts";
export type { NetworkConfig };

/**
 * Opens a sampler from the files of a run: what is in its `config.json`, and the bytes of a checkpoint, whose averaged
 * weights it draws with. It draws the same pictures, bit for bit, as in Node. Close it after use. FORMAT error if a
 * file is damaged or the two do not belong together, NOT_FOUND or ARGUMENT error if the configuration or the options
 * ask for what there is not.
 */
export function openSampler(
  { network }: { readonly network: NetworkConfig },
  checkpoint: ArrayBuffer | Uint8Array,
  options: SamplerOptions = {},
): Sampler {
  if (typeof network?.model !== "string") {
    throw expected("FORMAT", "what is in a run's config.json", "the configuration", "something else");
  }
  const bytes = ArrayBuffer.isView(checkpoint) ? checkpoint : new Uint8Array(checkpoint);
  const { declarations } = buildNetwork(network, 1);
  const weights = vectorOf(decodeCheckpoint(bytes, "the checkpoint"), "average", declarations);
  return openModelSampler({ config: network, weights }, options, { cores, startWorker: startWebWorker });
}
