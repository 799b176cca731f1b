import { add, elu, mul, sigmoid } from "../graph/language.ts";
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
 * The gated residual layer of PixelSNAIL (Chen et al. 2017), which is that of PixelCNN++ (Salimans et al. 2017), [.., maps, ..] to the same:
 *
 *     c = conv(elu(x)) + conv1x1(elu(auxiliary)),   [a, b] = conv(dropout(elu(c))),   x + a sigmoid(b)
 */
export function gatedResidual(scope: Scope, x: Node, options: GatedResidualOptions): Node {
  const { isSpatial = false, auxiliary, groups, classes } = options;
  const outputs = x.shape[1]!;
  const kernel = isSpatial ? ([2, 2] as const) : ([1, 1] as const);
  const pad = isSpatial ? { top: 1, left: 1 } : {};
  const layer = (name: string, features: Node, length: number) =>
    normalisedConv(scope.at(name), features, { outputs, kernel, pad, groups, length });

  const first = layer("first", elu(x), AFTER_ELU);
  const c = auxiliary ? add(first, point(scope.at("auxiliary"), elu(auxiliary), outputs, groups)) : first;
  const features = scope.dropout(elu(c));
  // Of one convolution to twice the maps, these are the two halves.
  const [a, b] = ["value", "gate"].map((name) =>
    classBias(scope.at(name).at("class"), layer(name, features, SMALL * AFTER_ELU), classes),
  ) as [Node, Node];
  return named(add(x, mul(a, sigmoid(b))), scope.path);
}

const point = (scope: Scope, x: Node, outputs: number, groups: number): Node =>
  normalisedConv(scope, x, { outputs, kernel: [1, 1], groups, length: AFTER_ELU });
