import { expected, wholeNumber } from "../basics/errors.ts";
import type { ModelConfig } from "../models/model.ts";
import type { FieldConfig } from "../programs/field.ts";
import { FIELD_DEFAULTS } from "./defaults.ts";

/** What a network is to be told in advance: one of these, or nothing. */
export interface FieldRequest {
  /** Whether the network learns to complete pictures of which any pixels are known, and reads all of these. */
  readonly completeAny?: boolean | undefined;
  /** So many times rows and columns are halved: the model draws the smallest picture first, see `stages.ts`. */
  readonly coarseToFine?: number | undefined;
  /** With it: sizes in which the networks of larger pictures differ from that of the smallest. */
  readonly fineSizes?: ModelConfig | undefined;
  /**
   * A folder of other pictures, which have the names of the pictures: the network learns p(picture | other picture),
   * see `paired`.
   */
  readonly condition?: string | undefined;
  /** Feature maps of the network that reads what is known in advance, and its residual blocks. */
  readonly fieldWidth?: number | undefined;
  readonly fieldDepth?: number | undefined;
}

/**
 * What a network is told in advance; `conditionChannels` are those of pictures to condition on, if there are such.
 *
 * @throws ARGUMENT if more than one kind is asked for, or sizes of a network that reads no field
 */
export function fieldOf(
  { completeAny, coarseToFine, fineSizes, condition, fieldWidth, fieldDepth }: FieldRequest,
  conditionChannels: number | undefined,
): FieldConfig | undefined {
  const kinds = Object.entries({ completeAny: completeAny || undefined, coarseToFine, condition }).filter(
    ([, value]) => value !== undefined,
  );
  const [first, second] = kinds;
  if (second)
    throw expected("ARGUMENT", `no ${second[0]} beside ${first![0]}`, second[0], second[1], second[0]);
  if (fineSizes && coarseToFine === undefined)
    throw expected("ARGUMENT", "none without coarseToFine", "fineSizes", Object.keys(fineSizes), "fineSizes");
  const ofField = {
    width: wholeNumber(fieldWidth ?? FIELD_DEFAULTS.width, "fieldWidth", 1),
    depth: wholeNumber(fieldDepth ?? FIELD_DEFAULTS.depth, "fieldDepth", 1),
  };
  if (completeAny) return { kind: "known", ...ofField };
  if (coarseToFine !== undefined)
    return {
      kind: "coarse",
      halvings: wholeNumber(coarseToFine, "coarseToFine", 1),
      reads: "differences",
      sizes: fineSizes,
      ...ofField,
    };
  if (conditionChannels !== undefined) return { kind: "picture", channels: conditionChannels, ...ofField };
  const [useless] = Object.entries({ fieldWidth, fieldDepth }).filter(([, value]) => value !== undefined);
  if (useless)
    throw expected("ARGUMENT", "none without completeAny, coarseToFine or condition", ...useless, useless[0]);
  return undefined;
}

/** What a configuration says of a field, as a request does. */
export function requestOfField(field: FieldConfig | undefined): Omit<FieldRequest, "condition"> {
  if (!field) return {};
  const { kind, width: fieldWidth, depth: fieldDepth } = field;
  return {
    ...(kind === "known" && { completeAny: true }),
    ...(kind === "coarse" && { coarseToFine: field.halvings, fineSizes: field.sizes }),
    fieldWidth,
    fieldDepth,
  };
}
