import { expected } from "../basics/errors.ts";
import { diagonalBilstm } from "./diagonal-bilstm.ts";
import { gatedPixelcnn } from "./gated-pixelcnn.ts";
import type { Model } from "./model.ts";
import { pixelcnnPp } from "./pixelcnn-pp.ts";
import { pixelcnn } from "./pixelcnn.ts";
import { pixelsnail } from "./pixelsnail.ts";
import { rowLstm } from "./row-lstm.ts";

/** Sizes of a network, by the names that its model gives them. */
export type ModelConfig = Readonly<Record<string, number>>;

const MODELS: Readonly<Record<string, Model<ModelConfig>>> = {
  pixelcnn,
  "row-lstm": rowLstm,
  "diagonal-bilstm": diagonalBilstm,
  "gated-pixelcnn": gatedPixelcnn,
  "pixelcnn-pp": pixelcnnPp,
  pixelsnail,
};

export const MODEL_NAMES: readonly string[] = Object.keys(MODELS);

/** The model of that name. NOT_FOUND error that lists the names if there is none. */
export function modelByName(name: string): Model<ModelConfig> {
  const model = Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
  if (!model) throw expected("NOT_FOUND", MODEL_NAMES.join(" or "), "the model", name);
  return model;
}

/** All sizes that some model has. */
export const SIZE_NAMES: readonly string[] = [
  ...new Set(Object.values(MODELS).flatMap(({ defaults }) => Object.keys(defaults))),
];

/** Sizes to put in the place of those that a model or one of its presets has. */
export type GivenSizes = Readonly<Record<string, number | undefined>>;

/**
 * The sizes of a model: those given, the others from its preset of that name or, without a name, its defaults. NOT_FOUND
 * error that lists the presets if there is none of that name, ARGUMENT error that lists the sizes if the model has not got
 * one of those given.
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
