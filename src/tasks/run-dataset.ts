import type { Dataset } from "../data/dataset.ts";
import { openDataset, type OpenOptions } from "../data/open.ts";
import { stacked } from "../data/stack.ts";
import type { SavedModel } from "../run/saved-model.ts";

/** How pictures for a model are read, where its training pictures do not say it. */
export type ReadOptions = Pick<OpenOptions, "skipBad" | "onWarning" | "download">;

/**
 * A data set by its name or path, read as a model's training pictures were; crops lie in the centre. Of grey pictures there are as
 * many stacks as pictures, if it was trained on stacks. Errors as of `openDataset` and `stacked`.
 */
export async function openRunDataset(
  { config, data }: SavedModel,
  name: string,
  options: ReadOptions & Pick<OpenOptions, "channels"> = {},
): Promise<Dataset> {
  const opened = await openDataset(name, {
    levels: config.levels,
    gray: data.gray,
    resize: data.resize ?? undefined,
    crop: data.crop,
    labels: config.classes !== undefined,
    ...options,
  });
  return data.stack !== undefined && opened.size.channels === 1 ? stacked(opened, opened.count) : opened;
}
