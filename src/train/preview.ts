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
/** A preview may take this share of the time since the one before; the last one, behind the last step, so many seconds. */
const SHARE_OF_TIME = 0.03;
const SECONDS_AT_THE_END = 10;

/** Draws a few pictures with the averaged weights now and then, always of the same seed, into the run's samples/. */
export async function openPreview(config: NetworkConfig, run: string, seed: number, options: SessionOptions) {
  const sampler = await openSampler(buildNetwork(config, COUNT), undefined, options);
  let ended = performance.now();
  let seconds: number | undefined;
  return {
    /** The pictures, if there is time for some. */
    async due(state: TrainingState, isLast: boolean): Promise<PreviewPictures | undefined> {
      seconds ??= await sampler.estimateSeconds(state.average);
      const patience = ((performance.now() - ended) / 1000) * SHARE_OF_TIME;
      if (seconds > Math.max(patience, isLast ? SECONDS_AT_THE_END : 0)) return undefined;
      const pictures = await sampler.draw({ seed, temperature: 1 }, state.average);
      const preview = { pictures, count: COUNT, size: config.size, levels: config.levels };
      const name = `step-${String(state.step).padStart(8, "0")}.png`;
      const grid = pictureGrid(dequantise(pictures, config.levels), COUNT, config.size, { columns: COUNT });
      await writeAtomically(join(run, "samples", name), encodePng(grid));
      ended = performance.now();
      return preview;
    },
    close: () => sampler.close(),
  };
}
