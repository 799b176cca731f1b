import { add, mul, sigmoid } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import { conditionBias, type Condition } from "./condition-bias.ts";
import { OWN, type Neighbourhood } from "./neighbourhood.ts";
import { AFTER_ELU, ELU, type Nonlinearity } from "./nonlinearity.ts";
import type { Scope } from "./scope.ts";
import { normalisedConv } from "./weight-norm.ts";

export interface GatedResidualOptions extends Condition {
  /** What its convolutions read. `OWN` by default. */
  readonly neighbourhood?: Neighbourhood;
  /** f. `ELU` by default. */
  readonly nonlinearity?: Nonlinearity;
  /** Another field, whose features come in. */
  readonly auxiliary?: Node | undefined;
  /** Colours of the picture: maps are in as many groups, in order. */
  readonly groups: number;
}

/** Of the weights behind the gate: so the layer begins as little more than its input. */
const SMALL = 0.1;

/**
 * The gated residual layer of PixelCNN++ (Salimans et al. 2017), and of PixelSNAIL (Chen et al. 2017), [.., maps, ..]
 * to the same:
 *
 *     c = conv(f(x)) + conv1x1(f(auxiliary)),   [a, b] = conv(dropout(f(c))),   x + a sigmoid(b)
 */
export function gatedResidual(scope: Scope, x: Node, options: GatedResidualOptions): Node {
  const { neighbourhood = OWN, nonlinearity = ELU, auxiliary, groups, ...condition } = options;
  const outputs = x.shape[1]!;
  const { of: f, parts } = nonlinearity;
  const layer = (name: string, features: Node, { kernel, pad }: Neighbourhood, length: number) =>
    normalisedConv(scope.at(name), features, { outputs, kernel, pad, groups, inputParts: parts, length });

  const first = layer("first", f(x), neighbourhood, AFTER_ELU);
  const c = auxiliary ? add(first, layer("auxiliary", f(auxiliary), OWN, AFTER_ELU)) : first;
  const features = scope.dropout(f(c));
  // Of one convolution to twice the maps, these are the two halves.
  const [a, b] = ["value", "gate"].map((name) =>
    conditionBias(scope.at(name), layer(name, features, neighbourhood, SMALL * AFTER_ELU), condition),
  ) as [Node, Node];
  return named(add(x, mul(a, sigmoid(b))), scope.path);
}
