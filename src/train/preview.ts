import { join } from "node:path";
import { classesInTurn } from "../data/classes.ts";
import { dequantise } from "../data/quantise.ts";
import { pictureLength, type PictureSize } from "../data/dataset.ts";
import { pictureGrid } from "../pictures/grid.ts";
import { encodePng } from "../pictures/png.ts";
import { buildNetwork, type NetworkConfig } from "../programs/network.ts";
import { samplerProgram } from "../programs/step-program.ts";
import type { TrainingState } from "../programs/training-step.ts";
import { SAMPLES } from "../run/run-folder.ts";
import type { PngPicture } from "../run/tensorboard.ts";
import { writeAtomically } from "../files/atomic-write.ts";
import { openDrawer } from "../runtime/step/draw.ts";
import { placeRow } from "../runtime/step/sampler.ts";

export interface PreviewPictures {
  /** Levels [count, channels, rows, cols]. */
  readonly pictures: Uint8Array;
  readonly count: number;
  readonly size: PictureSize;
  readonly levels: number;
  /** All of them, as written into the run's samples/. */
  readonly grid: PngPicture;
}

const COUNT = 8;

/**
 * Draws a few pictures with the averaged weights, always of the same seed, of all classes in turn, into the run's samples/.
 * That takes about as long as a training step or two.
 */
export async function drawPreview(
  config: NetworkConfig,
  run: string,
  seed: number,
  state: TrainingState,
): Promise<PreviewPictures> {
  const program = samplerProgram(buildNetwork(config, 1), state.average);
  const classes = classesInTurn(config.classes, { first: 0, count: COUNT });
  const drawer = await openDrawer(program, COUNT);
  const pictures = new Uint8Array(COUNT * pictureLength(config.size));
  let row = 0;
  for (const levels of drawer.rows({ seed, temperature: 1, first: 0, rows: config.size.rows, classes })) {
    placeRow(pictures, config.size, { first: 0, count: COUNT, row: row++, levels });
  }
  const grid = pictureGrid(dequantise(pictures, config.levels), COUNT, config.size, { columns: COUNT });
  const name = `step-${String(state.step).padStart(8, "0")}.png`;
  const png = encodePng(grid);
  await writeAtomically(join(run, SAMPLES, name), png);
  const { width, height, channels } = grid;
  return {
    pictures,
    count: COUNT,
    size: config.size,
    levels: config.levels,
    grid: { png, width, height, channels },
  };
}
