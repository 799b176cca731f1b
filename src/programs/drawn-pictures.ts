import { pictureLength, type PictureSize } from "../data/dataset.ts";
import { placeRow } from "../runtime/step/sampler.ts";
import type { Sampler, StreamOptions } from "./sampler.ts";

export interface CollectOptions extends StreamOptions {
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
  /**
   * -log p of what was drawn of each picture, in nats, at temperature 1; undefined if the model cannot tell it as
   * it draws.
   */
  readonly nats: Float64Array | undefined;
  /** Memory that drawing them took at most, see `Sampler.bytesFor`; not there if that is unknown. */
  readonly bytes?: number | undefined;
}

/** Draws pictures and puts them together. */
export async function collect(sampler: Sampler, options: CollectOptions): Promise<DrawnPictures> {
  const { size, levels } = sampler;
  const { count, onProgress } = options;
  // Before memory is allocated, because it checks the number of pictures.
  const events = sampler.stream(options);
  const pictures = new Uint8Array(count * pictureLength(size));
  let nats: Float64Array | undefined;
  let finished = 0;
  for await (const event of events) {
    if (event.kind === "pictures") {
      if (event.nats) (nats ??= new Float64Array(count)).set(event.nats, event.first);
      continue;
    }
    placeRow(pictures, size, event);
    onProgress?.((finished += event.count) / (count * size.rows));
  }
  return { count, size, levels, pictures, nats, bytes: sampler.bytesFor(count) };
}
