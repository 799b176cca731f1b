import { expected, wholeNumber } from "../basics/errors.ts";
import { pictureLength, type PictureSize } from "../data/dataset.ts";
import { buildNetwork } from "../programs/network.ts";
import { checkAnySize } from "../programs/picture-size.ts";
import { samplerProgram } from "../programs/step-program.ts";
import type { SavedModel } from "../run/saved-model.ts";
import type { GivenPixels } from "../runtime/step/draw.ts";
import { openStepSampler, placeRow, type SampleEvent } from "../runtime/step/sampler.ts";
import { cores, startNodeWorker } from "../runtime/workers/node.ts";

export interface SamplerOptions {
  /** Threads that draw; all cores if not given. */
  readonly workers?: number | undefined;
  /** Size of the pictures, if it is not that of the training pictures. */
  readonly size?: Pick<PictureSize, "rows" | "cols"> | undefined;
}

export interface StreamOptions {
  /** Pictures to draw. */
  readonly count: number;
  /** Picture k of a seed is always the same. 0 if not given. */
  readonly seed?: number | undefined;
  /** Below 1: likelier pictures; above 1: more varied ones. 1 if not given. */
  readonly temperature?: number | undefined;
  /** Number of the first picture of the seed to draw; 0 if not given. */
  readonly first?: number | undefined;
  /** Pixels that stay as they are; the others are drawn. */
  readonly given?: GivenPixels | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Draws pictures with one model, as often as asked. */
export interface Sampler {
  readonly size: PictureSize;
  /**
   * Tells of each row of pictures as it is finished. One stream at a time. Throws the signal's reason if it is
   * aborted. ARGUMENT error if the pictures would be more than 1 GiB.
   */
  stream(options: StreamOptions): AsyncGenerator<SampleEvent, void>;
  /** Ends the workers; there need be no stream. */
  close(): void;
}

/** Bound on the sub-pixels of all pictures together, one byte each. */
const MAX_BYTES = 2 ** 30;

/** Opens a sampler; close it after use. ARGUMENT error if the model cannot draw pictures of that size. */
export function openSampler(model: SavedModel, options: SamplerOptions = {}): Sampler {
  const { config } = model;
  const size = { ...config.size, ...options.size };
  const network = buildNetwork({ ...config, size }, 1);
  if (options.size) checkAnySize(buildNetwork(config, 1), network);
  const workers = wholeNumber(options.workers ?? cores(), "the number of workers", 1);
  const sampler = openStepSampler(samplerProgram(network, model.weights), {
    workers,
    startWorker: startNodeWorker,
  });
  return {
    size,
    stream({ count, seed = 0, temperature = 1, first = 0, given, signal }) {
      const most = Math.floor(MAX_BYTES / pictureLength(size));
      wholeNumber(count, "the number of pictures", 1, most);
      if (!(temperature > 0)) throw expected("ARGUMENT", "a number above 0", "the temperature", temperature);
      return sampler.stream({ count, seed, temperature, first, given, signal, rows: size.rows });
    },
    close: () => sampler.close(),
  };
}

export interface SampleOptions extends SamplerOptions, StreamOptions {
  /** Called after every row, with the share of the work done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

export interface DrawnPictures {
  readonly count: number;
  readonly size: PictureSize;
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
  const { size } = sampler;
  const { count, onProgress } = options;
  const pictures = new Uint8Array(count * pictureLength(size));
  const nats = new Float64Array(count);
  let finished = 0;
  for await (const event of sampler.stream(options)) {
    if (event.kind === "pictures") {
      nats.set(event.nats, event.first);
      continue;
    }
    placeRow(pictures, size, event);
    onProgress?.((finished += event.count) / (count * size.rows));
  }
  return { count, size, pictures, nats };
}
