import { seedOfStage } from "../basics/philox.ts";
import { pictureLength, type PictureSize } from "../data/dataset.ts";
import type { GivenPixels } from "../runtime/step/draw.ts";
import type { SampleEvent } from "../runtime/step/sampler.ts";
import { collect } from "./drawn-pictures.ts";
import { fieldValues, knownPixels } from "./field.ts";
import type { NetworkConfig } from "./network.ts";
import {
  checkedSize,
  checkMemory,
  checkStream,
  openNetworkSampler,
  type Place,
  type Sampler,
  type SamplerOptions,
  type StreamOptions,
} from "./sampler.ts";
import { knownFromCoarse, stagesOf, type Stage } from "./stages.ts";
import type { PartVectors } from "./trainable.ts";

/**
 * Opens a sampler that draws pictures coarse to fine, see `stages.ts`: all pictures of a stage, then those of the next,
 * of which every second row and column is given. Rows of the whole pictures are told of as they are finished.
 *
 * @throws as `openNetworkSampler` and `stagesOf`
 */
export function openCoarseToFineSampler(
  { config, weights }: { readonly config: NetworkConfig; readonly weights: PartVectors },
  { size: asked, workers }: SamplerOptions,
  place: Place,
): Sampler {
  const size = checkedSize(asked ?? config.size, config.size.channels);
  const trained = stagesOf(config);
  const stages = stagesOf({ ...config, size }).map((stage, i) => {
    const ofStage = { config: trained[i]!.config, weights: weights[stage.name]! };
    const options = { workers, size: asked && stage.config.size };
    return { ...stage, sampler: openNetworkSampler(ofStage, options, place) };
  });
  const { levels } = config;

  async function* stream(options: StreamOptions): AsyncGenerator<SampleEvent, void> {
    const { count, seed = 0, given } = options;
    const nats = new Float64Array(count);
    let coarse: Uint8Array | undefined;
    for (const [i, { sampler, ...stage }] of stages.entries()) {
      const fromCoarse = coarse && refined(coarse, count, sampler.size);
      const asked = {
        ...options,
        seed: seedOfStage(seed, i),
        given: merged(fromCoarse, given && spacedGiven(given, count, size, stage), sampler.size),
        field: fromCoarse && knownPixels(fromCoarse, count, sampler.size),
      };
      if (i < stages.length - 1) {
        // Progress is told of whole pictures alone.
        const drawn = await collect(sampler, { ...asked, onProgress: undefined });
        drawn.nats?.forEach((value, picture) => (nats[picture]! += value));
        coarse = drawn.pictures;
        continue;
      }
      for await (const event of sampler.stream(asked)) {
        if (event.kind === "row") yield event;
        else yield { ...event, nats: event.nats?.map((value, k) => value + nats[event.first + k]!) };
      }
    }
  }

  // One stage is drawn after the other, but their memory may stay until the sampler is closed.
  const bytesFor = (count: number) =>
    stages.reduce((total, { sampler }) => total + sampler.bytesFor(count)!, 0);

  return {
    size,
    levels,
    bytesFor,
    stream(options) {
      checkStream(options, { ...config, size });
      fieldValues({ size }, options);
      checkMemory(options.count, size, bytesFor, place);
      return stream(options);
    },
    close: () => stages.forEach(({ sampler }) => sampler.close()),
  };
}

/** Pictures of half the size at their places in those of `size`: at every second row and column. */
function refined(coarse: Uint8Array, count: number, size: PictureSize): GivenPixels {
  const { channels, rows, cols } = size;
  const levels = new Uint8Array(count * pictureLength(size));
  let i = 0;
  for (let map = 0; map < count * channels; map++)
    for (let row = 0; row < rows; row += 2)
      for (let col = 0; col < cols; col += 2) levels[(map * rows + row) * cols + col] = coarse[i++]!;
  return { levels, isGiven: knownFromCoarse(size) };
}

/** Of given pixels those of the pictures of a stage. */
function spacedGiven(
  { levels, isGiven }: GivenPixels,
  count: number,
  { channels, rows, cols }: PictureSize,
  { spacing }: Pick<Stage, "spacing">,
): GivenPixels {
  const spaced = (values: Uint8Array, maps: number) => {
    const found = new Uint8Array(values.length / spacing ** 2);
    let i = 0;
    for (let map = 0; map < maps; map++)
      for (let row = 0; row < rows; row += spacing)
        for (let col = 0; col < cols; col += spacing) found[i++] = values[(map * rows + row) * cols + col]!;
    return found;
  };
  return { levels: spaced(levels, count * channels), isGiven: spaced(isGiven, 1) };
}

/** Pixels that are given by either; those of `first` where both do. */
function merged(
  first: GivenPixels | undefined,
  second: GivenPixels | undefined,
  { rows, cols }: PictureSize,
): GivenPixels | undefined {
  if (!first || !second) return first ?? second;
  const pixels = rows * cols;
  return {
    levels: first.levels.map((level, i) => (first.isGiven[i % pixels] ? level : second.levels[i]!)),
    isGiven: first.isGiven.map((one, i) => (one === 0 && second.isGiven[i] === 0 ? 0 : 1)),
  };
}
