import { add, elu, mul, sigmoid, slice } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import { classBias } from "./class-bias.ts";
import type { Scope } from "./scope.ts";
import { normalisedConv } from "./weight-norm.ts";

export interface GatedResidualOptions {
  /** Whether its convolutions are 2 x 2, over the pixel and its neighbours to the left and above. 1 x 1 by default. */
  readonly isSpatial?: boolean;
  /** Another field, whose features come in. */
  readonly auxiliary?: Node;
  /** Colours of the picture: maps are in as many groups, in order. */
  readonly groups: number;
  readonly classes: Node | undefined;
}

/** Length of the weights that read ELU's result: it has 0.645 of the square of what is normally distributed. */
export const AFTER_ELU = Math.sqrt(1 / 0.645);

/** Of the weights behind the gate: so the layer begins as little more than its input. */
const SMALL = 0.1;

/**
 * The gated residual layer of PixelSNAIL (Chen et al. 2017, figure 4, after PixelCNN++), [.., maps, ..] to the same:
 *
 *     c = conv(elu(x)) + conv1x1(elu(auxiliary)),   [a, b] = conv(dropout(elu(c))),   x + a sigmoid(b)
 */
export function gatedResidual(scope: Scope, x: Node, options: GatedResidualOptions): Node {
  const { isSpatial = false, auxiliary, groups, classes } = options;
  const maps = x.shape[1]!;
  const extent = isSpatial
    ? ({ kernel: [2, 2], pad: { top: 1, left: 1 } } as const)
    : ({ kernel: [1, 1] } as const);
  const first = normalisedConv(scope.at("first"), elu(x), {
    outputs: maps,
    ...extent,
    groups,
    length: AFTER_ELU,
  });
  const c = auxiliary
    ? add(
        first,
        normalisedConv(scope.at("auxiliary"), elu(auxiliary), {
          outputs: maps,
          kernel: [1, 1],
          groups,
          length: AFTER_ELU,
        }),
      )
    : first;
  const second = normalisedConv(scope.at("second"), scope.dropout(elu(c)), {
    outputs: 2 * maps,
    ...extent,
    groups,
    parts: 2,
    length: SMALL * AFTER_ELU,
  });
  const both = classBias(scope.at("class"), second, classes);
  const [a, b] = [slice(both, 1, 0, maps), slice(both, 1, maps, 2 * maps)];
  return named(add(x, mul(a, sigmoid(b))), scope.path);
}
