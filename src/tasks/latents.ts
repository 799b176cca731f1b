import { expected, wholeNumber } from "../basics/errors.ts";
import { classTurns } from "../data/classes.ts";
import { pictureLength, type Dataset } from "../data/dataset.ts";
import { capability } from "../families/by-name.ts";
import type { DrawnPictures } from "../programs/drawn-pictures.ts";
import { openForward } from "../programs/forward.ts";
import { MOST_BETWEEN } from "../programs/interpolation.ts";
import { decode, encode, latentsBetween, LATENTS_BATCH, type Latents } from "../programs/latents.ts";
import type { SavedModel } from "../run/saved-model.ts";
import { cores } from "../runtime/workers/node.ts";
import { openGiven, type PicturesOptions } from "./given.ts";
import type { PictureRange } from "./part-of-work.ts";

const RUNTIME = { cores, openForward };

export interface LatentsOptions extends PicturesOptions {
  /** The class of all of them, by its name or number, of a model that knows classes: in place of their own. */
  readonly class?: string | number | undefined;
}

/** Which pictures something is of. */
interface PartOfPictures extends PictureRange {
  /** All that there are, in this part and in others. */
  readonly total: number;
}

/** Pictures beside what they were made of. */
export interface Reconstructed extends Omit<DrawnPictures, "nats">, PartOfPictures {
  /** The pictures that were given: levels [count, channels, rows, cols]. */
  readonly given: Uint8Array;
}

/** Latents of pictures, one row for each. */
export interface Embedding extends PartOfPictures {
  /** Latents of each picture. */
  readonly length: number;
  /** [count, length]: the means of all groups of latents, one after the other. */
  readonly values: Float32Array;
}

/**
 * Turns pictures into latents and back: the likeliest pictures given the means of their latents.
 * @throws ARGUMENT if the model cannot do that, or the pictures do not fit; errors as of `openDataset`.
 */
export async function reconstruct(
  model: SavedModel,
  dataset: string | Dataset,
  options: LatentsOptions = {},
): Promise<Reconstructed> {
  const { given, latents, total, first } = await encoded(model, dataset, options);
  const pictures = await decode(maps(model), model, latents, runtimeFor(total));
  const { size, levels } = model.config;
  return { count: latents.count, total, first, size, levels, pictures, given };
}

/** The latents of pictures. @throws as `reconstruct` */
export async function embed(
  model: SavedModel,
  dataset: string | Dataset,
  options: LatentsOptions = {},
): Promise<Embedding> {
  const {
    latents: { count, groups },
    total,
    first,
  } = await encoded(model, dataset, options);
  const lengths = groups.map((group) => group.length / count);
  const length = lengths.reduce((sum, one) => sum + one, 0);
  const values = new Float32Array(count * length);
  let before = 0;
  groups.forEach((group, g) => {
    for (let i = 0; i < count; i++)
      values.set(group.subarray(i * lengths[g]!, (i + 1) * lengths[g]!), i * length + before);
    before += lengths[g]!;
  });
  return { count, total, first, length, values };
}

export interface BetweenPicturesOptions extends Omit<LatentsOptions, "limit" | "part"> {
  /** The numbers of two pictures of the data set, from 0; the first two if not given. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Pictures in all, with both ends. */
  readonly count: number;
}

/** Pictures on the way from one picture of a data set to another. @throws as `reconstruct` */
export async function interpolatePictures(
  model: SavedModel,
  dataset: string | Dataset,
  { from = 0, to = 1, count, ...options }: BetweenPicturesOptions,
): Promise<Omit<DrawnPictures, "nats">> {
  wholeNumber(count, "the pictures from one to the other", 2, MOST_BETWEEN);
  const ends = [from, to].map((number) => wholeNumber(number, "the number of a picture", 0));
  const limit = Math.max(...ends) + 1;
  const { latents } = await encoded(model, dataset, { ...options, limit }, ends);
  const pictures = await decode(maps(model), model, latentsBetween(latents, count), RUNTIME);
  const { size, levels } = model.config;
  return { count, size, levels, pictures };
}

const maps = ({ config }: SavedModel) => capability(config, "latents");

/** In a part, as many pictures are computed together as in the whole. */
const runtimeFor = (total: number) => ({ ...RUNTIME, batch: Math.min(LATENTS_BATCH, total) });

/** The latents of the first pictures of a data set or of a part of them, or of those of the given numbers. */
async function encoded(
  model: SavedModel,
  dataset: string | Dataset,
  options: LatentsOptions,
  numbers?: readonly number[],
): Promise<{ readonly given: Uint8Array; readonly latents: Latents } & Omit<PartOfPictures, "count">> {
  const { size } = model.config;
  const latentMaps = maps(model);
  // A tokenizer knows none, also if the network that draws its codes does.
  const classes = latentMaps.encoder(model.config, 1).classes && model.config.classes;
  const [label] = options.class === undefined ? [] : classTurns(classes, [options.class])!;
  const opened = await openGiven(model, dataset, options, LATENTS_BATCH);
  const { pictures: all, count, labels, total, first } = opened;
  if (classes && label === undefined && !labels)
    throw expected(
      "ARGUMENT",
      "labels, or a class for all",
      "pictures for a model that knows classes",
      "none",
      "class",
    );
  const chosen = numbers ?? Array.from({ length: count }, (_, i) => i);
  const missing = chosen.find((number) => number >= count);
  if (missing !== undefined)
    throw expected("ARGUMENT", `a number below ${count}, the pictures that there are,`, "a picture", missing);
  const length = pictureLength(size);
  const given = new Uint8Array(chosen.length * length);
  chosen.forEach((number, i) => given.set(all.subarray(number * length, (number + 1) * length), i * length));
  const own = classes && chosen.map((number) => label ?? labels![number]!);
  const latents = await encode(latentMaps, model, { pictures: given, labels: own }, runtimeFor(total));
  return { given, latents, total, first };
}
