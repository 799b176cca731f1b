import { classTurns } from "../data/classes.ts";
import { capability } from "../families/by-name.ts";
import type { DrawnPictures } from "../programs/drawn-pictures.ts";
import { openForward } from "../programs/forward.ts";
import { picturesBetween } from "../programs/interpolation.ts";
import { cores } from "../runtime/workers/node.ts";
import type { SavedModel } from "../run/saved-model.ts";

export interface InterpolateOptions {
  /** Picture 0 of this seed is the first one. */
  readonly fromSeed: number;
  /** Picture 0 of this seed is the last one. */
  readonly toSeed: number;
  /** Pictures in all; 8 if not given. */
  readonly count?: number | undefined;
  /** The class of all, by its name or number, if the model knows classes; its first one if not given. */
  readonly class?: string | number | undefined;
}

export const INTERPOLATE_DEFAULTS = { count: 8 } as const;

/**
 * Draws pictures on the way from one that the model draws to another.
 * @throws ARGUMENT if the model cannot do that, or knows no such class.
 */
export async function interpolate(
  model: SavedModel,
  { fromSeed, toSeed, count = INTERPOLATE_DEFAULTS.count, class: wanted }: InterpolateOptions,
): Promise<Omit<DrawnPictures, "nats">> {
  const { config } = model;
  const trace = capability(config, "interpolate");
  const [label] = classTurns(config.classes, wanted === undefined ? undefined : [wanted]) ?? [];
  const seeds = [fromSeed, toSeed] as const;
  const pictures = await picturesBetween(trace, model, { seeds, count, label }, { cores, openForward });
  return { count, size: config.size, levels: config.levels, pictures };
}
