import { expected } from "../basics/errors.ts";
import { checkExtent } from "../data/crop.ts";
import type { Extent } from "../data/dataset.ts";
import { familyOf } from "../families/by-name.ts";
import { codeMapOf } from "../families/code-network.ts";
import type { SavedModel } from "../run/saved-model.ts";

/**
 * A tokenizer for pictures of another size than those it was trained on: it consists of convolutions alone, so that
 * the weights stay. Of larger pictures the centre of this size is read. Models stay as they are if there is no size.
 *
 * @throws ARGUMENT if it is another model, if the size is not of whole numbers, or if the downsampling does not divide
 * it
 */
export function ofSize(model: SavedModel, size: Extent | undefined): SavedModel {
  if (size === undefined) return model;
  if (familyOf(model.config).name !== "tokenizer")
    throw expected("ARGUMENT", "a tokenizer for a size of pictures", "the model", model.config.model, "size");
  const crop = checkExtent(size, "size");
  const config = { ...model.config, size: { ...model.config.size, ...crop } };
  // Throws if the downsampling does not divide it, before any picture is read.
  codeMapOf(config);
  return { ...model, config, data: { ...model.data, crop } };
}
