// The sampler and the observer for browsers. Nothing that it imports is of Node or of another package, so that it runs
// without a bundler.
import { capability } from "./families/by-name.ts";
import type { NetworkConfig } from "./programs/network.ts";
import type { Observer } from "./programs/observer.ts";
import type { Sampler, SamplerOptions } from "./programs/sampler.ts";
import { trainedModel } from "./run/trained-model.ts";
import { cores, startWebWorker } from "./runtime/workers/web.ts";

export * from "./definitions.ts";
export { NextpixelError, type ErrorCode } from "./basics/errors.ts";
export type { PictureClass } from "./data/classes.ts";
export type { PictureSize } from "./data/dataset.ts";
export type { Sampler, SamplerOptions, StreamOptions } from "./programs/sampler.ts";
export type { Observer, ObservedRow, ObserveOptions } from "./programs/observer.ts";
export type { Position } from "./graph/offsets.ts";
export type { AttentionWeights, GivenPixels } from "./runtime/step/draw.ts";
export type { SampleEvent } from "./runtime/step/sampler.ts";
export type { NetworkConfig };

/** What is in a run's `config.json`, as far as drawing needs it. */
interface RunOfNetwork {
  readonly network: NetworkConfig;
}

/**
 * Opens a sampler from the files of a run: what is in its `config.json`, and the bytes of a checkpoint, whose averaged
 * weights it draws with. It draws the same pictures, bit for bit, as in Node. Close it after use.
 *
 * @throws FORMAT if a file is damaged or the two do not belong together; NOT_FOUND or ARGUMENT if the configuration or
 * the options ask for something that does not exist
 */
export function openSampler(
  run: RunOfNetwork,
  checkpoint: ArrayBuffer | Uint8Array,
  options: SamplerOptions = {},
): Sampler {
  const model = trainedModel(run, checkpoint);
  const open = capability(model.config, "sample");
  return open(model, options, { cores, startWorker: startWebWorker });
}

/**
 * Opens what watches a network draw or read a picture, from the same files as `openSampler`. It works in this thread.
 *
 * @throws as `openSampler`; ARGUMENT if the model does not draw pixel by pixel
 */
export function openObserver(run: RunOfNetwork, checkpoint: ArrayBuffer | Uint8Array): Observer {
  const model = trainedModel(run, checkpoint);
  return capability(model.config, "observe")(model);
}
