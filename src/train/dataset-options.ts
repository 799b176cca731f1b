import { expected } from "../basics/errors.ts";
import type { Dataset } from "../data/dataset.ts";
import { validationOf } from "../data/open.ts";
import type { RequestedTraining } from "./request.ts";

/**
 * Checks that a request has no options for decoding pictures if its pictures are decoded already.
 *
 * @throws ARGUMENT if there is such an option beside a `Dataset`.
 */
export function checkDatasetOptions({
  dataset,
  levels,
  gray,
  resize,
  skipBad,
  frames,
  white,
  layout,
}: RequestedTraining): void {
  if (typeof dataset === "string") return;
  const given = {
    levels: levels === dataset.levels ? undefined : levels,
    gray: gray || undefined,
    resize: resize && `${resize.cols}x${resize.rows}`,
    skipBad: skipBad || undefined,
    frames: frames || undefined,
    white,
    layout,
  };
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const what = `no ${option} beside a Dataset, which is decoded already,`;
    throw expected("ARGUMENT", what, `"${dataset.name}"`, value, option);
  }
}

/** The request, with the validation pictures that belong to its data set, if it does not say what to validate with. */
export async function withValidation(
  request: RequestedTraining,
  onWarning: (message: string) => void = () => undefined,
): Promise<RequestedTraining> {
  const { dataset, valid, validFraction } = request;
  if (typeof dataset !== "string" || valid !== undefined || validFraction !== undefined) return request;
  const found = await validationOf(dataset);
  if (found === undefined) return request;
  onWarning(`${dataset}: validation is with the pictures of ${found}`);
  return { ...request, valid: found };
}

/** What a training and a validation set must have in common, as errors say it. */
export const formOf = ({ size, levels }: Dataset): string =>
  `${size.cols}x${size.rows} with ${size.channels} channel(s) and ${levels} levels`;
