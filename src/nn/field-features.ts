import { elu } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { AROUND, biasedConv } from "./biased-conv.ts";
import { residualBlock } from "./residual-block.ts";
import type { Scope } from "./scope.ts";

export interface FieldFeaturesOptions {
  /** Feature maps. */
  readonly maps: number;
  /** Residual blocks, each of which reads twice as far as the one before. */
  readonly blocks: number;
}

/**
 * The features m(h) of a field h that is known in advance, of its rows and columns (van den Oord et al. 2016, section
 * 2.3, where m is a deconvolutional network): a convolution and residual blocks without masks, whose dilation grows from
 * block to block (F. Yu, V. Koltun 2016). A position sees 2^(blocks + 1) - 1 positions to all sides.
 */
export function fieldFeatures(scope: Scope, field: Node, { maps, blocks }: FieldFeaturesOptions): Node {
  let features = biasedConv(scope.at("first"), field, maps, [3, 3], { pad: AROUND });
  for (let i = 0; i < blocks; i++) features = residualBlock(scope.at(`block${i}`), features, blocks, 2 ** i);
  return elu(features); // [.., maps, ..]
}
