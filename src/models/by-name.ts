import { expected } from "../basics/errors.ts";
import { newRegistry } from "../basics/registry.ts";
import { diagonalBilstm } from "./diagonal-bilstm.ts";
import { gatedPixelcnn } from "./gated-pixelcnn.ts";
import { fsq } from "./fsq.ts";
import { gan } from "./gan.ts";
import { ladderVae } from "./ladder-vae.ts";
import type { Model, ModelConfig } from "./model.ts";
import { pixelcnnPp } from "./pixelcnn-pp.ts";
import { pixelcnn } from "./pixelcnn.ts";
import { pixelsnail } from "./pixelsnail.ts";
import { rowLstm } from "./row-lstm.ts";
import { vae } from "./vae.ts";
import { settingsFrom, type GivenSettings, type Settings } from "./settings.ts";

const OURS = [
  pixelcnn,
  rowLstm,
  diagonalBilstm,
  gatedPixelcnn,
  pixelcnnPp,
  pixelsnail,
  vae,
  ladderVae,
  gan,
  fsq,
] satisfies Model[];

/** All models: ours, and those of `defineModel`. */
export const MODELS = newRegistry<Model>(
  "the model",
  "model",
  Object.fromEntries(OURS.map((model) => [model.name, model])),
);

/** The names of the models of a family that come with nextpixel. */
export const modelNamesOf = (family: Model["family"]): readonly string[] =>
  OURS.filter((model) => model.family === family).map(({ name }) => name);

/** The model of that name. @throws NOT_FOUND if there is none, listing those that there are. */
export const modelByName = (name: string): Model => MODELS.get(name);

/** The model of that name, which must be of that family. @throws NOT_FOUND, ARGUMENT if it is of another one. */
export function modelOf<Name extends Model["family"]>(
  family: Name,
  name: string,
): Extract<Model, { readonly family: Name }> {
  const model: Model = modelByName(name);
  if (isOf(model, family)) return model;
  throw expected("ARGUMENT", `a model of the family ${family}`, "the model", name, "model");
}

const isOf = <Name extends Model["family"]>(
  model: Model,
  family: Name,
): model is Extract<Model, { readonly family: Name }> => model.family === family;

/** All sizes that some model has. */
export const sizeNames = (): readonly string[] => [
  ...new Set(MODELS.names().flatMap((name) => Object.keys(modelByName(name).defaults))),
];

/** All settings that some model has. */
export const settingNames = (): readonly string[] => [
  ...new Set(MODELS.names().flatMap((name) => Object.keys(modelByName(name).settings ?? {}))),
];

/** The settings of a model; undefined if it has none. @throws as `settingsFrom`. */
export function settingsOf(name: string, given: GivenSettings = {}): Settings | undefined {
  const { settings } = modelByName(name);
  const found = settingsFrom(name, settings ?? {}, given);
  return settings && found;
}

/** Sizes to put in the place of those that a model or one of its presets has. */
export type GivenSizes = Readonly<Record<string, number | undefined>>;

/**
 * The sizes of a model: those given, and for the others those of its preset of that name or, without a name, its
 * defaults.
 *
 * @throws NOT_FOUND, listing the presets, if there is none of that name; ARGUMENT, listing the sizes, if the model does
 * not have one of those given.
 */
export function sizesOf(name: string, given: GivenSizes, preset?: string): ModelConfig {
  const { defaults, presets } = modelByName(name);
  if (preset !== undefined && !Object.hasOwn(presets, preset)) {
    throw expected("NOT_FOUND", Object.keys(presets).join(" or "), `the preset of ${name}`, preset);
  }
  const sizes = preset === undefined ? defaults : presets[preset]!;
  for (const [size, value] of Object.entries(given)) {
    if (value === undefined || Object.hasOwn(sizes, size)) continue;
    throw expected("ARGUMENT", Object.keys(sizes).join(" or "), `a size of ${name}`, size);
  }
  return Object.fromEntries(Object.entries(sizes).map(([size, value]) => [size, given[size] ?? value]));
}
