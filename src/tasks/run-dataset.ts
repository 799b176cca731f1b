import { expected, wholeNumber } from "../basics/errors.ts";
import type { Dataset } from "../data/dataset.ts";
import { openDataset, type OpenOptions } from "../data/open.ts";
import { stacked } from "../data/stack.ts";
import type { SavedModel } from "../run/saved-model.ts";

/** Options for reading pictures that do not follow from how the training pictures were read. */
export type ReadOptions = Pick<OpenOptions, "skipBad" | "onWarning" | "download">;

/**
 * A data set by its name or path, read as a model's training pictures were. Crops are taken from the centre. Of
 * grey pictures there are as many stacks as pictures, if the model was trained on stacks.
 *
 * @throws as `openDataset` and `stacked`
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
    frames: data.frames,
    white: data.white,
    layout: data.layout,
    labels: config.classes !== undefined,
    ...options,
  });
  return data.stack !== undefined && opened.size.channels === 1 ? stacked(opened, opened.count) : opened;
}

/** Checks the number of pictures to take, if it is not all. @throws ARGUMENT */
export function checkLimit(limit: number | undefined): void {
  if (limit !== undefined) wholeNumber(limit, "the limit of pictures", 1);
}

/** Checks that a data set has the size and levels of a model's pictures. @throws ARGUMENT */
export function checkFits({ config: { size, levels } }: SavedModel, dataset: Dataset): void {
  const describe = (shape: typeof size, count: number) =>
    `pictures of ${shape.cols}x${shape.rows}, ${shape.channels} channel(s), ${count} levels`;
  const [wanted, received] = [describe(size, levels), describe(dataset.size, dataset.levels)];
  if (wanted !== received) throw expected("ARGUMENT", wanted, `data set ${dataset.name}`, received);
}
