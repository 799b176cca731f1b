import { expected } from "../basics/errors.ts";
import { cropped } from "../data/crop.ts";
import { firstOf, holdOut, type Dataset } from "../data/dataset.ts";
import { openDataset, type OpenOptions } from "../data/open.ts";
import { paired } from "../data/pairs.ts";
import { stacked } from "../data/stack.ts";
import { formOf } from "./dataset-options.ts";
import { TRAIN_DEFAULTS } from "./defaults.ts";
import type { RequestedTraining } from "./request.ts";

/** The pictures of a request: those to train on, and those to validate with. */
export interface RequestPictures {
  readonly train: Dataset;
  readonly valid: Dataset;
  /** Channels of pictures to condition on, which follow those of each picture; undefined if there are none. */
  readonly conditionChannels?: number | undefined;
}

/** Both sets as they are, or stacks of each: no picture of the one gets into the other. */
export const stackedIfAsked = (
  { stack }: Pick<RequestedTraining, "stack">,
  pictures: RequestPictures,
): RequestPictures =>
  stack === undefined
    ? pictures
    : { train: stacked(pictures.train, stack), valid: stacked(pictures.valid, pictures.valid.count) };

/**
 * Opens the pictures of a request, before they are stacked.
 *
 * @throws as `openDataset`; ARGUMENT if the two sets do not fit together, or as `holdOut`
 */
export async function openPictures(
  request: RequestedTraining,
  { onWarning, download }: Pick<OpenOptions, "onWarning" | "download">,
): Promise<RequestPictures> {
  const {
    gray,
    resize,
    crop,
    skipBad,
    frames,
    white,
    layout,
    classConditional: labels = false,
    valid: name,
  } = request;
  const options = { gray, resize, crop, skipBad, frames, white, layout, labels, onWarning, download };
  const open = async (dataset: string | Dataset, levels: number | undefined) =>
    typeof dataset === "string" ? openDataset(dataset, { ...options, levels }) : cropped(dataset, crop);
  const { condition } = request;
  const withCondition = async (own: Dataset) =>
    condition === undefined
      ? own
      : paired(
          own,
          await openDataset(condition, { ...options, gray: false, labels: false, levels: own.levels }),
        );

  const own = await open(
    request.dataset,
    request.levels ?? (request.likelihood === "bernoulli" ? 2 : undefined),
  );
  const whole = await withCondition(own);
  const conditionChannels = condition === undefined ? undefined : whole.size.channels - own.size.channels;
  const all = request.limit === undefined ? whole : firstOf(whole, request.limit);
  if (name === undefined) {
    const { validFraction = TRAIN_DEFAULTS.validFraction, seed = TRAIN_DEFAULTS.seed } = request;
    return { ...holdOut(all, validFraction, seed), conditionChannels };
  }
  // The levels of the training pictures, not those that would be chosen for this data set alone.
  const valid = await withCondition(await open(name, all.levels));
  if (formOf(all) !== formOf(valid))
    throw expected("ARGUMENT", `pictures of ${formOf(all)}`, valid.name, formOf(valid));
  return { train: all, valid, conditionChannels };
}
