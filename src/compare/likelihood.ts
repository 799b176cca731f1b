import { NextpixelError } from "../basics/errors.ts";
import type { Dataset } from "../data/dataset.ts";
import { familyOf } from "../families/by-name.ts";
import type { Capabilities, Family } from "../families/family.ts";
import type { SavedModel } from "../run/saved-model.ts";
import { score, type ScoreOptions } from "../tasks/score.ts";
import type { ComparedValue } from "./report.ts";

/** Summing out more classes takes too long: each picture is scored under each of them. */
const MOST_CLASSES = 100;

export interface LikelihoodOptions extends Pick<ScoreOptions, "threads" | "importanceSamples"> {
  /** Called with the share that is done. */
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Called after each batch; may throw. */
  readonly check?: (() => void) | undefined;
}

/** The likelihood of held-out pictures, as far as a model can tell it. */
export async function likelihoodValues(
  model: SavedModel,
  heldOut: Dataset,
  { importanceSamples, ...options }: LikelihoodOptions,
): Promise<Readonly<Record<string, ComparedValue>>> {
  const family = familyOf(model.config);
  const { classes = [] } = model.config;
  const reason =
    cannot(family, "score") ??
    (classes.length > MOST_CLASSES ? `summing ${classes.length} classes out takes too long` : undefined);
  const found = reason === undefined ? await scored(model, heldOut, options) : { missing: reason };
  const values = "missing" in found ? { nats: found, bitsPerDim: found } : found;
  if (importanceSamples === undefined) return values;
  const weighted = await importanceWeighted(model, heldOut, reason, { importanceSamples, ...options });
  return { ...values, importanceWeighted: weighted };
}

async function importanceWeighted(
  model: SavedModel,
  heldOut: Dataset,
  reason: string | undefined,
  options: LikelihoodOptions,
): Promise<ComparedValue> {
  const family = familyOf(model.config);
  if (reason !== undefined) return { missing: reason };
  if (family.can.score?.likelihood === "exact") return { missing: "the likelihood is exact" };
  const why = cannot(family, "importance");
  if (why !== undefined) return { missing: why };
  const found = await scored(model, heldOut, options);
  return "missing" in found ? found : found.nats;
}

/** Why a family cannot do something; undefined if it can. */
const cannot = ({ can, cannot: reasons, name }: Family, task: keyof Capabilities): string | undefined =>
  can[task] ? undefined : (reasons?.[task] ?? `models of the family ${name} cannot tell it`);

async function scored(
  model: SavedModel,
  heldOut: Dataset,
  { threads, importanceSamples, onProgress, check }: LikelihoodOptions,
): Promise<
  { readonly nats: ComparedValue; readonly bitsPerDim: ComparedValue } | { readonly missing: string }
> {
  try {
    // Of all models p(picture): one that is told the class would have an easier task than one that is not.
    const {
      nllNats,
      bitsPerDim,
      likelihood: kind,
    } = await score(model, heldOut, {
      classify: model.config.classes !== undefined,
      threads,
      importanceSamples,
      onBatch({ first, nats }) {
        onProgress?.((first + nats.length) / heldOut.count);
        check?.();
      },
    });
    return { nats: { value: nllNats, kind }, bitsPerDim: { value: bitsPerDim, kind } };
  } catch (cause) {
    if (cause instanceof NextpixelError && cause.code === "DIVERGED") return { missing: cause.message };
    throw cause;
  }
}
