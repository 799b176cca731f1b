import { expected } from "../basics/errors.ts";
import type { CodeMaps } from "../data/formats/code-maps.ts";
import { pictureLength, type Dataset } from "../data/dataset.ts";
import { capability } from "../families/by-name.ts";
import type { DrawnPictures } from "../programs/drawn-pictures.ts";
import { openForward } from "../programs/forward.ts";
import { decode, encode } from "../programs/latents.ts";
import { roundedLevels, scaledLevels } from "../programs/picture-output.ts";
import { checkCount } from "../programs/sampler.ts";
import type { SavedModel } from "../run/saved-model.ts";
import { cores } from "../runtime/workers/node.ts";
import { openGiven } from "./given.ts";
import type { ReadOptions } from "./run-dataset.ts";

const RUNTIME = { cores, openForward };

export interface EncodeOptions extends ReadOptions {
  /** Only the first pictures. */
  readonly limit?: number | undefined;
}

/**
 * The codes of pictures, by a tokenizer or a model that draws codes.
 * @throws ARGUMENT if the model has no codes, or the pictures do not fit; errors as of `openDataset`.
 */
export async function encodePictures(
  model: SavedModel,
  dataset: string | Dataset,
  options: EncodeOptions = {},
): Promise<CodeMaps> {
  const { channels, rows, cols, levels } = capability(model.config, "codes")(model.config);
  const { pictures, count } = await openGiven(model, dataset, options);
  const maps = capability(model.config, "latents");
  const { groups } = await encode(maps, model, { pictures, labels: undefined }, RUNTIME);
  return { count, size: { channels, rows, cols }, levels, codes: roundedLevels(groups[0]!, levels) };
}

/** Pictures of codes, whose maps may be of any size. @throws ARGUMENT if the model has no such codes */
export async function decodeCodes(
  model: SavedModel,
  { count, size, levels, codes }: CodeMaps,
): Promise<Omit<DrawnPictures, "nats">> {
  const form = capability(model.config, "codes")(model.config);
  const describe = (channels: number, all: number) => `${channels} channel(s) of ${all} levels`;
  const [wanted, received] = [describe(form.channels, form.levels), describe(size.channels, levels)];
  if (wanted !== received) throw expected("ARGUMENT", wanted, "the codes", received);
  if (codes.length !== count * pictureLength(size))
    throw expected("ARGUMENT", `${count * pictureLength(size)} numbers`, "the codes", codes.length);
  const wrong = codes.find((code) => code >= levels);
  if (wrong !== undefined) throw expected("ARGUMENT", `codes from 0 to ${levels - 1}`, "the codes", wrong);
  const { channels } = model.config.size;
  const { downsampling } = form;
  const ofPictures = { channels, rows: size.rows * downsampling, cols: size.cols * downsampling };
  checkCount(count, ofPictures);
  const config = { ...model.config, size: ofPictures };
  const latents = { count, groups: [scaledLevels(codes, levels)], classes: undefined };
  const pictures = await decode(capability(config, "latents"), { ...model, config }, latents, RUNTIME);
  return { count, size: ofPictures, levels: config.levels, pictures };
}
