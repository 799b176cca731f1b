import { join } from "node:path";
import type { Dataset } from "../data/dataset.ts";
import { apart } from "../data/pairs.ts";
import { dequantise } from "../data/quantise.ts";
import type { Capabilities, OpenSampler, TrainedModel } from "../families/family.ts";
import { writeAtomically } from "../files/atomic-write.ts";
import { pictureGrid } from "../pictures/grid.ts";
import { encodePng } from "../pictures/png.ts";
import { collect, type DrawnPictures } from "../programs/drawn-pictures.ts";
import type { NetworkConfig } from "../programs/network.ts";
import { openForward } from "../programs/forward.ts";
import { decode, encode, type LatentMaps } from "../programs/latents.ts";
import { previewFile, SAMPLES } from "../run/run-folder.ts";
import type { PngPicture } from "../run/tensorboard.ts";
import { startNodeWorker } from "../runtime/workers/node.ts";

export interface Preview extends DrawnPictures {
  /** All of them, as written into the run's samples/. */
  readonly grid: PngPicture;
}

const COUNT = 8;
const RUNTIME = { cores: () => 1, openForward };

/** Where a preview is kept, and of what random numbers it is. */
interface PreviewPlace {
  readonly run: string;
  readonly step: number;
  readonly seed: number;
}

/** What previews are conditioned on, if that are other pictures: those of the first validation pictures, in turn. */
async function fieldOfPreview(
  { field, size }: Pick<NetworkConfig, "field" | "size">,
  valid: Dataset,
): Promise<Uint8Array | undefined> {
  if (field?.kind !== "picture") return undefined;
  const pairs = await valid.read(Array.from({ length: COUNT }, (_, i) => i % valid.count));
  return apart(pairs, size, field.channels)[1];
}

/**
 * Draws a few pictures, always with the same seed, of all classes in turn, into the run's samples/. This takes about as
 * long as one or two training steps. Of a model that draws none but turns pictures into latents and back, a few
 * pictures to validate with, and below them what becomes of them. Undefined if it can do neither.
 *
 * @throws WRITE; as `Dataset.read`
 */
export async function preview(
  { sample, latents }: Capabilities,
  model: TrainedModel,
  valid: Dataset,
  place: PreviewPlace,
): Promise<Preview | undefined> {
  if (sample) return saved(await drawn(sample, model, valid, place.seed), place);
  return latents && saved(await reconstructed(latents, model, valid), place);
}

async function drawn(
  openSampler: OpenSampler,
  model: TrainedModel,
  valid: Dataset,
  seed: number,
): Promise<DrawnPictures> {
  const field = await fieldOfPreview(model.config, valid);
  const sampler = openSampler(model, { workers: 1 }, { ...RUNTIME, startWorker: startNodeWorker });
  return collect(sampler, { count: COUNT, seed, field }).finally(() => sampler.close());
}

async function reconstructed(maps: LatentMaps, model: TrainedModel, valid: Dataset): Promise<DrawnPictures> {
  const { size, levels } = model.config;
  const given = await valid.read(Array.from({ length: COUNT }, (_, i) => i % valid.count));
  const latents = await encode(maps, model, { pictures: given, labels: undefined }, RUNTIME);
  const made = await decode(maps, model, latents, RUNTIME);
  return { count: 2 * COUNT, size, levels, pictures: Uint8Array.from([...given, ...made]), nats: undefined };
}

/** Writes pictures into the run's samples/. */
async function saved(drawn: DrawnPictures, { run, step }: PreviewPlace): Promise<Preview> {
  const pixels = dequantise(drawn.pictures, drawn.levels);
  const grid = pictureGrid(pixels, drawn.count, drawn.size, { columns: COUNT });
  const png = encodePng(grid);
  await writeAtomically(join(run, SAMPLES, previewFile(step)), png);
  const { width, height, channels } = grid;
  return { ...drawn, grid: { png, width, height, channels } };
}
