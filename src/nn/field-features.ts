import { elu } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { AROUND, biasedConv } from "./biased-conv.ts";
import { residualBlock } from "./residual-block.ts";
import type { Scope } from "./scope.ts";
import { normalisedConvTranspose } from "./weight-norm.ts";

/** Features of a field, [batch, maps, rows, cols], of one or more sizes, the smallest first; the last is the picture's. */
export type FieldFeatures = readonly Node[];

export interface FieldFeaturesOptions {
  /** Feature maps. */
  readonly maps: number;
  /** Residual blocks, each of which reads twice as far as the one before. */
  readonly blocks: number;
  /** Whether the picture has twice as many rows and columns as the field. */
  readonly isHalf: boolean;
}

/**
 * The features m(h) of a field h that is known in advance, of its rows and columns (van den Oord et al. 2016, section
 * 2.3, where m is a deconvolutional network): a convolution and residual blocks without masks, whose dilation grows from
 * block to block (F. Yu, V. Koltun 2016). A position sees 2^(blocks + 1) - 1 positions to all sides. Of half a picture,
 * the whole one's positions get features of what lies there, each place of a square of 2x2 by weights of its own.
 */
export function fieldFeatures(
  scope: Scope,
  field: Node,
  { maps, blocks, isHalf }: FieldFeaturesOptions,
): FieldFeatures {
  let features = biasedConv(scope.at("first"), field, maps, [3, 3], { pad: AROUND });
  for (let i = 0; i < blocks; i++) features = residualBlock(scope.at(`block${i}`), features, blocks, 2 ** i);
  const own = elu(features); // [.., maps, ..]
  if (!isHalf) return [own];
  const twice = { outputs: maps, kernel: [2, 2], stride: [2, 2], groups: 1 } as const;
  return [own, normalisedConvTranspose(scope.at("doubled"), own, twice)];
}
