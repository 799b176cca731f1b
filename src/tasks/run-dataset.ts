import { expected, wholeNumber } from "../basics/errors.ts";
import type { Dataset, PictureSize } from "../data/dataset.ts";
import { openDataset, type OpenOptions } from "../data/open.ts";
import { paired } from "../data/pairs.ts";
import { stacked } from "../data/stack.ts";
import type { SavedModel } from "../run/saved-model.ts";
import type { PictureRange } from "./part-of-work.ts";

/** Options for reading pictures that do not follow from how the training pictures were read. */
export interface ReadOptions extends Pick<OpenOptions, "skipBad" | "onWarning" | "download"> {
  /** Of a model that is conditioned on other pictures: their data set, see `paired`. */
  readonly condition?: string | undefined;
}

/**
 * A data set by its name or path, read as a model's training pictures were. Crops are taken from the centre. Of
 * grey pictures there are as many stacks as pictures, if the model was trained on stacks. If it is conditioned on other
 * pictures, they come with them, in pairs.
 *
 * @throws as `openDataset`, `stacked` and `paired`; ARGUMENT if there are no pictures to condition on, or too many
 */
export async function openRunDataset(
  model: SavedModel,
  name: string,
  { condition, channels, ...options }: ReadOptions & Pick<OpenOptions, "channels"> = {},
): Promise<Dataset> {
  const { data } = model;
  checkCondition(model, condition);
  const reading = readingOf(model);
  const opened = await openDataset(name, { ...reading, channels, ...options });
  const whole =
    data.stack !== undefined && opened.size.channels === 1 ? stacked(opened, opened.count) : opened;
  if (condition === undefined) return whole;
  return paired(whole, await openConditions(model, condition, options));
}

/** Pictures that a model is conditioned on, by the name or path of their data set. @throws as `openDataset`; ARGUMENT */
export async function openConditions(
  model: SavedModel,
  condition: string,
  options: Omit<ReadOptions, "condition"> = {},
): Promise<Dataset> {
  checkCondition(model, condition);
  const { field, size } = model.config;
  const channels = field?.kind === "picture" && field.channels === 1 ? 1 : 3;
  const opened = await openDataset(condition, {
    ...readingOf(model),
    ...options,
    gray: false,
    labels: false,
    channels,
  });
  const form = ({ rows, cols }: PictureSize) => `${cols}x${rows}`;
  if (form(opened.size) === form(size)) return opened;
  throw expected("ARGUMENT", `pictures of ${form(size)}`, opened.name, form(opened.size), "condition");
}

/**
 * What pictures first .. first+count-1 are conditioned on: the pictures of a data set in turn, [count, channels, rows,
 * cols]; undefined of other models. @throws as `openConditions`
 */
export async function conditionsInTurn(
  model: SavedModel,
  condition: string | undefined,
  { first, count }: PictureRange,
  options: Omit<ReadOptions, "condition"> = {},
): Promise<Uint8Array | undefined> {
  checkCondition(model, condition);
  if (condition === undefined) return undefined;
  const conditions = await openConditions(model, condition, options);
  return conditions.read(Array.from({ length: count }, (_, i) => (first + i) % conditions.count));
}

/** @throws ARGUMENT if a model needs pictures to condition on and there are none, or the other way round */
function checkCondition({ config: { field, model } }: SavedModel, condition: string | undefined): void {
  if ((field?.kind === "picture") === (condition !== undefined)) return;
  throw field?.kind === "picture"
    ? expected("ARGUMENT", "pictures to condition on", `a model of ${model}`, "none", "condition")
    : expected(
        "ARGUMENT",
        "no pictures to condition on",
        `a model of ${model} without`,
        condition,
        "condition",
      );
}

/** How a model's training pictures were read. */
const readingOf = ({ config, data }: SavedModel): OpenOptions => ({
  levels: config.levels,
  gray: data.gray,
  resize: data.resize ?? undefined,
  crop: data.crop,
  frames: data.frames,
  white: data.white,
  layout: data.layout,
  labels: config.classes !== undefined,
});

/** Checks the number of pictures to take, if it is not all. @throws ARGUMENT */
export function checkLimit(limit: number | undefined): void {
  if (limit !== undefined) wholeNumber(limit, "the limit of pictures", 1);
}

/**
 * Checks that a data set has the size and levels of a model's pictures, and is one of pairs (see `paired`) if the model
 * is conditioned on other pictures.
 *
 * @throws ARGUMENT
 */
export function checkFits({ config: { size, levels, field } }: SavedModel, dataset: Dataset): void {
  const describe = (shape: typeof size, count: number) =>
    `pictures of ${shape.cols}x${shape.rows}, ${shape.channels} channel(s), ${count} levels`;
  const all = { ...size, channels: size.channels + (field?.kind === "picture" ? field.channels : 0) };
  const [wanted, received] = [describe(all, levels), describe(dataset.size, dataset.levels)];
  if (wanted !== received) throw expected("ARGUMENT", wanted, `data set ${dataset.name}`, received);
}
