import { expected } from "../basics/errors.ts";
import type { PictureSize } from "../data/dataset.ts";
import { concat, constant, conv, div, input, mul, slice, sub } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { topologicalOrder } from "../graph/walk.ts";
import type { ModelConfig } from "../models/model.ts";
import { fieldFeatures } from "../nn/field-features.ts";
import type { Scope } from "../nn/scope.ts";
import type { GivenPixels } from "../runtime/step/draw.ts";
import { scaledPicture } from "./scaled-picture.ts";

/** What of a picture is known in advance, and the sizes of the network that reads it: see `fieldFeatures`. */
export type FieldConfig = (
  | {
      /** Pixels of the picture itself, whichever they are. */
      readonly kind: "known";
      /** Whether these are always every second row and column, as in one of several networks: see `stages.ts`. */
      readonly isHalved?: boolean;
    }
  | {
      /** The picture with half of its rows and columns, so many times: see `stages.ts`. */
      readonly kind: "coarse";
      readonly halvings: number;
      /** Networks of larger pictures read how these differ from the smaller one, interpolated: see `scaledField`. */
      readonly reads: "differences";
      /** Sizes in which the networks of larger pictures differ from that of the smallest. */
      readonly sizes?: ModelConfig | undefined;
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

/** Channels of the field of pictures, see `fieldOfKnown`. */
export const fieldChannels = (field: FieldConfig, { channels }: PictureSize): number =>
  field.kind === "picture" ? field.channels : channels + 1;

/** The input that holds the field, [batch, channels, rows, cols]. */
export const fieldInput = (field: FieldConfig, size: PictureSize, batch: number): Node<"input"> =>
  input("field", [batch, fieldChannels(field, size), size.rows, size.cols]);

/**
 * The field of pictures, [batch, channels, rows, cols], of which pixels are `known`, 1 or 0, [batch, 1, rows, cols]:
 * their levels, 0 where they are not known, and a channel that tells which are.
 */
export const fieldOfKnown = (picture: Node, known: Node): Node => concat([mul(picture, known), known], 1);

/** The same as numbers, of `count` pictures; nothing is known of them if nothing is given. */
export function knownPixels(given: GivenPixels | undefined, count: number, size: PictureSize): Uint8Array {
  const pixels = size.rows * size.cols;
  const [own, all] = [size.channels * pixels, (size.channels + 1) * pixels];
  const field = new Uint8Array(count * all);
  if (!given) return field;
  for (let picture = 0; picture < count; picture++) {
    const levels = given.levels.subarray(picture * own, (picture + 1) * own);
    levels.forEach((level, i) => (field[picture * all + i] = given.isGiven[i % pixels] ? level : 0));
    given.isGiven.forEach((one, i) => (field[picture * all + own + i] = one ? 1 : 0));
  }
  return field;
}

/**
 * The values of the field that a network reads to draw so many pictures; undefined if it reads none. Known pixels are
 * those that are given, if no other values are.
 *
 * @throws ARGUMENT if there are none, or too few
 */
export function fieldValues(
  { field, size }: { readonly field?: FieldConfig | undefined; readonly size: PictureSize },
  {
    count,
    given,
    field: values,
  }: {
    readonly count: number;
    readonly given?: GivenPixels | undefined;
    readonly field?: Uint8Array | undefined;
  },
): Uint8Array | undefined {
  const wanted = field && count * fieldChannels(field, size) * size.rows * size.cols;
  if (values !== undefined && values.length !== wanted) {
    const numbers = wanted === undefined ? "none, of a model without one," : `${wanted} numbers`;
    throw expected("ARGUMENT", numbers, "the field", values.length);
  }
  if (!field || values) return values;
  if (field.kind !== "picture") return knownPixels(given, count, size);
  throw expected("ARGUMENT", "pictures to condition on", "the field", values);
}

/** Features of a field as `scaledField` gives it, made by parameters in `scope`: [batch, width, rows, cols]. */
export const featuresOfField = (scope: Scope, scaled: Node, { width, depth }: FieldConfig): Node =>
  fieldFeatures(scope, scaled, { maps: width, blocks: depth });

/** Whether a network knows every second row and column of its pictures. */
export const isHalved = (config: FieldConfig): boolean => config.kind === "known" && config.isHalved === true;

/**
 * A field as networks read it, from -1 to 1. Of known pixels: the picture, 0 where it is not known, or interpolated if
 * it is halved, and then a channel that tells which are known.
 */
export function scaledField(field: Node, config: FieldConfig, levels: number): Node {
  if (config.kind === "picture") return scaledPicture(field, levels);
  const channels = field.shape[1]! - 1;
  const known = slice(field, 1, channels, channels + 1);
  const pixels = sub(mul(slice(field, 1, 0, channels), 2 / (levels - 1)), known);
  return concat([isHalved(config) ? interpolated(pixels, known) : pixels, known], 1);
}

/**
 * Of every second row and column, the whole picture: other pixels are the mean of their two or four known neighbours
 * (bilinear interpolation), of those within the picture.
 */
function interpolated(pixels: Node, known: Node): Node {
  const pad = { top: 1, left: 1, bottom: 1, right: 1 };
  const sums = (x: Node) => {
    const maps = x.shape[1]!;
    const kernels = Array.from({ length: maps * maps }, (_, i) =>
      BILINEAR.map((tap) => (i % (maps + 1) === 0 ? tap : 0)),
    );
    return conv(x, constant(kernels.flat(), [maps, maps, 3, 3]), { pad });
  };
  return div(sums(pixels), sums(known));
}

/** How much each of 3x3 pixels counts for the one in the middle. */
const BILINEAR = [1, 2, 1, 2, 4, 2, 1, 2, 1].map((tap) => tap / 4);

/** Checks that a network reads its field. @throws ARGUMENT */
export function checkFieldIsRead(model: string, logits: Node, field: Node | undefined): void {
  if (!field || topologicalOrder([logits]).includes(field)) return;
  throw expected("ARGUMENT", "a model that reads a field, as ours do", "the model", model, "model");
}
