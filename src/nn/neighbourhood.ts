import type { ConvAttributes } from "../graph/primitives.ts";

/** What a convolution reads around a position: a kernel, and the padding that puts it there. */
export interface Neighbourhood {
  /** [rows, cols] */
  readonly kernel: readonly [number, number];
  readonly pad: Partial<ConvAttributes["pad"]>;
}

/** The position itself. */
export const OWN: Neighbourhood = { kernel: [1, 1], pad: {} };

/**
 * The position, the one to its left, and those above these two: "down-right shifted" in PixelCNN++ (Salimans et al.
 * 2017).
 */
export const ABOVE_AND_LEFT: Neighbourhood = { kernel: [2, 2], pad: { top: 1, left: 1 } };

/**
 * Three positions of the own row and those above them: "down shifted" in PixelCNN++. For fields that know rows above
 * only.
 */
export const ABOVE: Neighbourhood = { kernel: [2, 3], pad: { top: 1, left: 1, right: 1 } };
