import type { Dataset } from "../data/dataset.ts";
import { openDataset, type OpenOptions } from "../data/open.ts";
import type { SavedModel } from "../run/saved-model.ts";

/** Options for reading pictures that do not follow from how the training pictures were read. */
export type ReadOptions = Pick<OpenOptions, "skipBad" | "onWarning" | "download">;

/**
 * A data set by its name or path, read as a model's training pictures were. Crops are taken from the centre.
 *
 * @throws as `openDataset`
 */
export const openRunDataset = (
  { config, data }: SavedModel,
  name: string,
  options: ReadOptions & Pick<OpenOptions, "channels"> = {},
): Promise<Dataset> =>
  openDataset(name, {
    levels: config.levels,
    gray: data.gray,
    resize: data.resize ?? undefined,
    crop: data.crop,
    labels: config.classes !== undefined,
    ...options,
  });
