import { join } from "node:path";
import { dequantise } from "../data/quantise.ts";
import type { PictureSize } from "../data/dataset.ts";
import { pictureGrid } from "../pictures/grid.ts";
import { encodePng } from "../pictures/png.ts";
import { buildNetwork, type NetworkConfig } from "../programs/network.ts";
import { openSampler } from "../programs/sampler.ts";
import type { TrainingState } from "../programs/training-step.ts";
import { writeAtomically } from "../files/atomic-write.ts";
import type { SessionOptions } from "../runtime/ort.ts";

export interface PreviewPictures {
  /** Levels [count, channels, rows, cols]. */
  readonly pictures: Uint8Array;
  readonly count: number;
  readonly size: PictureSize;
  readonly levels: number;
}

const COUNT = 8;
/** Previews may take this share of the time. */
const SHARE_OF_TIME = 0.03;

/** Draws a few pictures with the averaged weights now and then, always of the same seed, into the run's samples/. */
export async function openPreview(config: NetworkConfig, run: string, seed: number, options: SessionOptions) {
  const sampler = await openSampler(buildNetwork(config, COUNT), undefined, options);
  let ended = performance.now();
  let cost = 0;
  return {
    /** The pictures, if it is time for some again (or `force`d). */
    async due(state: TrainingState, force: boolean): Promise<PreviewPictures | undefined> {
      const begun = performance.now();
      if (!force && (begun - ended) * SHARE_OF_TIME < cost) return undefined;
      const pictures = await sampler.draw({ seed, temperature: 1 }, state.average);
      const preview = { pictures, count: COUNT, size: config.size, levels: config.levels };
      const name = `step-${String(state.step).padStart(8, "0")}.png`;
      const grid = pictureGrid(dequantise(pictures, config.levels), COUNT, config.size, { columns: COUNT });
      await writeAtomically(join(run, "samples", name), encodePng(grid));
      ended = performance.now();
      cost = ended - begun;
      return preview;
    },
    close: () => sampler.close(),
  };
}
