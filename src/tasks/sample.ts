import { pictureLength, type PictureSize } from "../data/dataset.ts";
import {
  openModelSampler,
  type Sampler,
  type SamplerOptions,
  type StreamOptions,
} from "../programs/sampler.ts";
import type { SavedModel } from "../run/saved-model.ts";
import { placeRow } from "../runtime/step/sampler.ts";
import { cores, startNodeWorker } from "../runtime/workers/node.ts";

export type { Sampler, SamplerOptions, StreamOptions };

/** Opens a sampler; close it after use. ARGUMENT error if the model cannot draw pictures of that size. */
export const openSampler = (model: SavedModel, options: SamplerOptions = {}): Sampler =>
  openModelSampler(model, options, { cores, startWorker: startNodeWorker });

export interface SampleOptions extends SamplerOptions, StreamOptions {
  /** Called after every row, with the share of the work done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

export interface DrawnPictures {
  readonly count: number;
  readonly size: PictureSize;
  /** How many grey values or values of a colour there are. */
  readonly levels: number;
  /** Levels [count, channels, rows, cols]. */
  readonly pictures: Uint8Array;
  /** -log p of what was drawn of each picture, in nats, at temperature 1. */
  readonly nats: Float64Array;
}

/** Draws new pictures. Errors as of `openSampler` and `stream`. */
export async function sample(model: SavedModel, options: SampleOptions): Promise<DrawnPictures> {
  const sampler = openSampler(model, options);
  try {
    return await collect(sampler, options);
  } finally {
    sampler.close();
  }
}

/** Draws pictures and puts them together. */
export async function collect(sampler: Sampler, options: SampleOptions): Promise<DrawnPictures> {
  const { size, levels } = sampler;
  const { count, onProgress } = options;
  // First, since it checks the number of pictures.
  const events = sampler.stream(options);
  const pictures = new Uint8Array(count * pictureLength(size));
  const nats = new Float64Array(count);
  let finished = 0;
  for await (const event of events) {
    if (event.kind === "pictures") {
      nats.set(event.nats, event.first);
      continue;
    }
    placeRow(pictures, size, event);
    onProgress?.((finished += event.count) / (count * size.rows));
  }
  return { count, size, levels, pictures, nats };
}
