import { expected } from "../basics/errors.ts";
import { gatedPixelcnn } from "./gated-pixelcnn.ts";
import type { Model } from "./model.ts";
import { pixelcnn } from "./pixelcnn.ts";

/** Sizes of a network, by the names that its model gives them. */
export type ModelConfig = Readonly<Record<string, number>>;

const MODELS: Readonly<Record<string, Model<ModelConfig>>> = {
  pixelcnn,
  "gated-pixelcnn": gatedPixelcnn,
};

export const MODEL_NAMES: readonly string[] = Object.keys(MODELS);

/** The model of that name. NOT_FOUND error that lists the names if there is none. */
export function modelByName(name: string): Model<ModelConfig> {
  const model = Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
  if (!model) throw expected("NOT_FOUND", MODEL_NAMES.join(" or "), "the model", name);
  return model;
}

/** The model's sizes, with those given in place of its defaults. */
export function sizesOf(name: string, given: Readonly<Record<string, number | undefined>>): ModelConfig {
  const sizes = Object.entries(modelByName(name).defaults);
  return Object.fromEntries(sizes.map(([size, value]) => [size, given[size] ?? value]));
}
