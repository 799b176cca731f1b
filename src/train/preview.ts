import { join } from "node:path";
import type { Dataset } from "../data/dataset.ts";
import { apart } from "../data/pairs.ts";
import { dequantise } from "../data/quantise.ts";
import type { Capabilities, TrainedModel } from "../families/family.ts";
import { writeAtomically } from "../files/atomic-write.ts";
import { pictureGrid } from "../pictures/grid.ts";
import { encodePng } from "../pictures/png.ts";
import { collect, type DrawnPictures } from "../programs/drawn-pictures.ts";
import type { NetworkConfig } from "../programs/network.ts";
import { openForward } from "../programs/forward.ts";
import { previewFile, SAMPLES } from "../run/run-folder.ts";
import type { PngPicture } from "../run/tensorboard.ts";
import { startNodeWorker } from "../runtime/workers/node.ts";

export interface Preview extends DrawnPictures {
  /** All of them, as written into the run's samples/. */
  readonly grid: PngPicture;
}

const COUNT = 8;

/** What previews are conditioned on, if that are other pictures: those of the first validation pictures, in turn. */
export async function fieldOfPreview(
  { field, size }: Pick<NetworkConfig, "field" | "size">,
  valid: Dataset,
): Promise<Uint8Array | undefined> {
  if (field?.kind !== "picture") return undefined;
  const pairs = await valid.read(Array.from({ length: COUNT }, (_, i) => i % valid.count));
  return apart(pairs, size, field.channels)[1];
}

/**
 * Draws a few pictures, always with the same seed, of all classes in turn, into the run's samples/. This takes about as
 * long as one or two training steps.
 *
 * @throws WRITE
 */
export async function drawPreview(
  openSampler: NonNullable<Capabilities["sample"]>,
  model: TrainedModel,
  {
    run,
    step,
    seed,
    field,
  }: {
    readonly run: string;
    readonly step: number;
    readonly seed: number;
    readonly field: Uint8Array | undefined;
  },
): Promise<Preview> {
  const place = { cores: () => 1, startWorker: startNodeWorker, openForward };
  const sampler = openSampler(model, { workers: 1 }, place);
  const drawn = await collect(sampler, { count: COUNT, seed, field }).finally(() => sampler.close());
  const grid = pictureGrid(dequantise(drawn.pictures, drawn.levels), COUNT, drawn.size, { columns: COUNT });
  const png = encodePng(grid);
  await writeAtomically(join(run, SAMPLES, previewFile(step)), png);
  const { width, height, channels } = grid;
  return { ...drawn, grid: { png, width, height, channels } };
}
