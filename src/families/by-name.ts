import { NextpixelError } from "../basics/errors.ts";
import { modelByName } from "../models/by-name.ts";
import type { Model } from "../models/model.ts";
import { autoregressive } from "./autoregressive.ts";
import type { NetworkConfig } from "../programs/network.ts";
import type { Capabilities, Family } from "./family.ts";
import { gan } from "./gan.ts";
import { tokenised } from "./tokenised.ts";
import { tokenizer } from "./tokenizer.ts";
import { vae } from "./vae.ts";

const FAMILIES: { readonly [Name in Model["family"]]: Family } = {
  autoregressive,
  vae,
  gan,
  tokenizer,
};

export const FAMILY_NAMES = Object.keys(FAMILIES) as Model["family"][];

/** The family of that name. */
export const familyNamed = (name: Model["family"]): Family => FAMILIES[name];

/** A model, and the tokenizer whose codes it draws, if it draws codes. */
type ModelOf = Pick<NetworkConfig, "model" | "tokenizer">;

/** The family of a model. @throws NOT_FOUND if there is no such model. */
export function familyOf({ model, tokenizer: drawsCodes }: ModelOf): Family {
  const family = FAMILIES[modelByName(model).family];
  return drawsCodes ? tokenised(family) : family;
}

/** The tasks, as error messages call them. */
const TASKS: { readonly [Task in keyof Capabilities]-?: string } = {
  sample: "draw pictures",
  complete: "complete pictures",
  interpolate: "go from one picture to another",
  latents: "turn pictures into latents",
  codes: "turn pictures into codes",
  score: "tell how likely pictures are",
  importance: "weigh importance samples",
  observe: "be watched while it draws, in a browser too",
  explain: "tell what a pixel sees",
};

/**
 * What a model needs for a task.
 * @throws ARGUMENT if its family cannot do it, naming those that can.
 */
export function capability<Task extends keyof Capabilities>(
  network: ModelOf,
  task: Task,
): NonNullable<Capabilities[Task]> {
  const family = familyOf(network);
  const found = family.can[task];
  if (found) return found;
  const able = Object.values(FAMILIES).filter(({ can }) => can[task]);
  throw new NextpixelError(
    "ARGUMENT",
    `expected a model that can ${TASKS[task]} (of the families ${able.map(({ name }) => name).join(", ")}), ` +
      `received ${JSON.stringify(network.model)}, of the family ${family.name}` +
      (family.cannot?.[task] === undefined ? "" : `: ${family.cannot[task]}`),
  );
}
