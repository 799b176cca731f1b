import { capability } from "../families/by-name.ts";
import { collect, type CollectOptions, type DrawnPictures } from "../programs/drawn-pictures.ts";
import type { Sampler, SamplerOptions, StreamOptions } from "../programs/sampler.ts";
import type { SavedModel } from "../run/saved-model.ts";
import { openForward } from "../programs/forward.ts";
import { cores, machineMemory, startNodeWorker } from "../runtime/workers/node.ts";

export type { DrawnPictures, Sampler, SamplerOptions, StreamOptions };

/**
 * Opens a sampler for one of the tasks that draw; close it after use.
 * @throws ARGUMENT if the model cannot do that, or cannot draw pictures of that size.
 */
export const openSampler = (
  model: SavedModel,
  options: SamplerOptions = {},
  task: "sample" | "complete" = "sample",
): Sampler =>
  capability(model.config, task)(model, options, {
    cores,
    memory: machineMemory,
    startWorker: startNodeWorker,
    openForward,
  });

export interface SampleOptions extends SamplerOptions, CollectOptions {}

/** Draws new pictures. @throws as `openSampler` and `stream`. */
export async function sample(model: SavedModel, options: SampleOptions): Promise<DrawnPictures> {
  const sampler = openSampler(model, options);
  try {
    return await collect(sampler, options);
  } finally {
    sampler.close();
  }
}
