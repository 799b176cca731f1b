import { pixelUniform, seedKey } from "../basics/philox.ts";
import { sizeOf } from "../graph/shapes.ts";
import type { SessionOptions } from "../runtime/ort.ts";
import { openForward } from "./forward.ts";
import type { Network } from "./network.ts";

export interface DrawOptions {
  readonly seed: number;
  /** Below 1: likelier pictures; above 1: more varied ones. */
  readonly temperature: number;
  /** Number of the first picture: picture k of a seed is the same whatever it is drawn together with. */
  readonly first?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called after every row, with the share of the work done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

export interface Sampler {
  /** Pictures that one call draws. */
  readonly batch: number;
  /** New pictures: levels [batch, channels, rows, cols]. `weights` as for `openForward`. */
  draw(options: DrawOptions, weights?: Float32Array): Promise<Uint8Array>;
  /** About how many seconds a draw takes, from the time of one run of the network. */
  estimateSeconds(weights?: Float32Array): Promise<number>;
  close(): Promise<void>;
}

/**
 * Draws pictures sub-pixel by sub-pixel in raster order, running the whole network for each: a cost per picture that
 * grows with the square of its pixels.
 */
export async function openSampler(
  network: Network,
  weights?: Float32Array,
  options?: SessionOptions,
): Promise<Sampler> {
  const { picture, logits, likelihood } = network;
  const forward = await openForward(network, logits, weights, options);
  const [batch, channels, rows, cols] = picture.shape as [number, number, number, number];
  const pixels = rows * cols;
  const perSubPixel = likelihood.logitsPerSubPixel;
  return {
    batch,
    async draw({ seed, temperature, first = 0, signal, onProgress }, given) {
      const key = seedKey(seed);
      const levels = new Float32Array(sizeOf(picture.shape));
      for (let pixel = 0; pixel < pixels; pixel++) {
        for (let channel = 0; channel < channels; channel++) {
          signal?.throwIfAborted();
          const values = await forward.run(levels, given);
          for (let i = 0; i < batch; i++) {
            const map = i * channels + channel;
            const own = Float64Array.from(
              { length: perSubPixel },
              (_, k) => values[(map * perSubPixel + k) * pixels + pixel]!,
            );
            const uniform = pixelUniform(key, first + i, pixel, channel);
            levels[map * pixels + pixel] = likelihood.draw(own, uniform, temperature);
          }
        }
        if ((pixel + 1) % cols === 0) onProgress?.((pixel + 1) / pixels);
      }
      return Uint8Array.from(levels);
    },
    async estimateSeconds(given) {
      const nothing = new Float32Array(sizeOf(picture.shape));
      // The first run is slower: the runtime allocates what later runs find.
      await forward.run(nothing, given);
      const started = performance.now();
      await forward.run(nothing, given);
      return (pixels * channels * (performance.now() - started)) / 1000;
    },
    close: () => forward.close(),
  };
}
