import { groupOf } from "../graph/channel-groups.ts";
import { concat, slice } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import type { ConvMask } from "../graph/primitives.ts";
import { sizeOf } from "../graph/shapes.ts";

// Channels in groups, one for each colour of the picture, in order; see `groupOf`.

/** The channels start .. end-1 of a group; there may be none. */
export const channelsOfGroup = (group: number, channels: number, groups: number): [number, number] => [
  Math.ceil((group * channels) / groups),
  Math.ceil(((group + 1) * channels) / groups),
];

/** The channels of a group. Undefined if there are none. */
export function sliceOfGroup(x: Node, group: number, groups: number): Node | undefined {
  const [start, end] = channelsOfGroup(group, x.shape[1]!, groups);
  return start < end ? slice(x, 1, start, end) : undefined;
}

/** A field in groups with the same channels added to each of them: the result is in groups again. */
export function withEachGroup(x: Node, added: Node, groups: number): Node {
  const parts = Array.from({ length: groups }, (_, group) => [sliceOfGroup(x, group, groups), added]);
  return concat(
    parts.flat().filter((part) => part !== undefined),
    1,
  );
}

export interface OwnPixelMask {
  /** [outputs, inputs, kernel rows, kernel cols]; the last tap is on the pixel itself, all others on earlier ones. */
  readonly shape: readonly [number, number, number, number];
  readonly groups: number;
  /** The inputs are so many parts, each of which is in the groups in order. 1 by default. */
  readonly inputParts?: number;
  /** At the pixel itself a group reads, A: earlier groups, B: itself as well. */
  readonly mask: "A" | "B";
}

/** Which weights of a convolution of channels in groups exist. Undefined: all. */
export function ownPixelMask({ shape, groups, inputParts = 1, mask }: OwnPixelMask): ConvMask | undefined {
  if (groups === 1 && mask === "B") return undefined;
  const [outputs, inputs, kernelRows, kernelCols] = shape;
  const taps = kernelRows * kernelCols;
  const inputsOfPart = inputs / inputParts;
  const values = Uint8Array.from({ length: sizeOf(shape) }, (_, i) => {
    const from = groupOf(Math.floor(i / taps) % inputsOfPart, inputsOfPart, groups);
    const to = groupOf(Math.floor(i / (inputs * taps)), outputs, groups);
    const isOwnPixel = i % taps === taps - 1;
    return !isOwnPixel || from < to || (mask === "B" && from === to) ? 1 : 0;
  });
  return values.includes(0) ? { shape, values } : undefined;
}

/**
 * The same of a transposed convolution, [inputs, outputs, kernel rows, kernel cols], of which the first tap leads to
 * the position of the smaller field itself, and all others to later ones.
 */
export function ownPixelMaskTransposed(
  shape: readonly [number, number, number, number],
  groups: number,
): ConvMask | undefined {
  if (groups === 1) return undefined;
  const [inputs, outputs, kernelRows, kernelCols] = shape;
  const taps = kernelRows * kernelCols;
  const values = Uint8Array.from({ length: sizeOf(shape) }, (_, i) => {
    const from = groupOf(Math.floor(i / (outputs * taps)), inputs, groups);
    const to = groupOf(Math.floor(i / taps) % outputs, outputs, groups);
    return i % taps !== 0 || from <= to ? 1 : 0;
  });
  return values.includes(0) ? { shape, values } : undefined;
}
