import { expected, NextpixelError, wholeNumber } from "../basics/errors.ts";
import { MODELS } from "./by-name.ts";
import type { AutoregressiveModel, ModelConfig } from "./model.ts";

/** What a network of your own consists of. */
export interface ModelDefinition<Config extends ModelConfig = ModelConfig> extends Pick<
  AutoregressiveModel<Config>,
  "name" | "defaults" | "network"
> {
  readonly presets?: Readonly<Record<string, Config>>;
}

/** Letters, digits and hyphens, as in "my-network". No file name looks like that, and messages can show it as it is. */
const NAME = /^[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)*$/u;

/**
 * Registers a network of your own under its name. It then trains, draws, completes and scores like ours, and is checked
 * for causality whenever it is built. A run keeps the name and the sizes but not the code: every program has to define
 * the network before it opens the run.
 *
 * @throws ARGUMENT if the name is taken or is not a valid one, or if a size is not a whole number of at least 1.
 */
export function defineModel<Config extends ModelConfig>(
  definition: ModelDefinition<Config>,
): AutoregressiveModel<Config> {
  const { name, defaults, presets = {}, network } = definition;
  if (typeof name !== "string" || !NAME.test(name))
    throw expected(
      "ARGUMENT",
      'letters, digits and hyphens, such as "my-network",',
      "the name of a model",
      name,
    );
  if (typeof network !== "function")
    throw expected("ARGUMENT", "a function that builds the logits", `the network of ${name}`, network);
  for (const [preset, sizes] of Object.entries({ defaults, ...presets }))
    for (const [size, value] of Object.entries(sizes))
      wholeNumber(value, `${size} in ${preset} of ${name}`, 1, 65_536);
  const model: AutoregressiveModel<Config> = {
    family: "autoregressive",
    name,
    defaults,
    presets,
    network: (...given) => {
      try {
        return network(...given);
      } catch (cause) {
        if (cause instanceof NextpixelError) throw cause;
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new NextpixelError("ARGUMENT", `the network of ${name} cannot be built: ${reason}`, { cause });
      }
    },
  };
  // `sizesOf` makes sure that it is only called with sizes of these names.
  MODELS.define(name, model as unknown as AutoregressiveModel);
  return model;
}
