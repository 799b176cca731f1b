import { expected } from "../basics/errors.ts";
import type { PictureSize } from "../data/dataset.ts";
import { concat, input, mul, slice, sub } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { topologicalOrder } from "../graph/walk.ts";
import { fieldFeatures } from "../nn/field-features.ts";
import type { Scope } from "../nn/scope.ts";
import { scaledPicture } from "./scaled-picture.ts";

/** What of a picture is known in advance, and the sizes of the network that reads it: see `fieldFeatures`. */
export type FieldConfig = (
  | {
      /** Pixels of the picture itself, whichever they are. */
      readonly kind: "known";
    }
  | {
      /** Another picture, of the same rows, columns and levels. */
      readonly kind: "picture";
      readonly channels: number;
    }
) & {
  readonly width: number;
  readonly depth: number;
};

/**
 * Channels of the field of such pictures. Known pixels are their levels, 0 where a pixel is not known, and a channel
 * that is 1 where it is.
 */
export const fieldChannels = (field: FieldConfig, { channels }: PictureSize): number =>
  field.kind === "known" ? channels + 1 : field.channels;

/** The input that holds the field, [batch, channels, rows, cols]. */
export const fieldInput = (field: FieldConfig, size: PictureSize, batch: number): Node<"input"> =>
  input("field", [batch, fieldChannels(field, size), size.rows, size.cols]);

/** The field of pictures, [batch, channels, rows, cols], of which pixels are `known`: 1 or 0, [batch, 1, rows, cols]. */
export const fieldOfKnown = (picture: Node, known: Node): Node => concat([mul(picture, known), known], 1);

/** Features of a field, made by parameters in `scope`: [batch, width, rows, cols]. */
export function featuresOfField(
  scope: Scope,
  field: Node,
  { kind, width, depth }: FieldConfig,
  levels: number,
): Node {
  return fieldFeatures(scope, kind === "known" ? scaledKnown(field, levels) : scaledPicture(field, levels), {
    maps: width,
    blocks: depth,
  });
}

/** Known pixels as networks read pictures, from -1 to 1, and 0 where they are not known. */
function scaledKnown(field: Node, levels: number): Node {
  const channels = field.shape[1]! - 1;
  const known = slice(field, 1, channels, channels + 1);
  return concat([sub(mul(slice(field, 1, 0, channels), 2 / (levels - 1)), known), known], 1);
}

/** Checks that a network reads its field. @throws ARGUMENT */
export function checkFieldIsRead(model: string, logits: Node, field: Node | undefined): void {
  if (!field || topologicalOrder([logits]).includes(field)) return;
  throw expected("ARGUMENT", "a model that reads a field, as ours do", "the model", model, "model");
}
