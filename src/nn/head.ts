import { relu } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { causalConv } from "./causal-conv.ts";
import type { Scope } from "./scope.ts";

export interface HeadOptions {
  /** Feature maps of its two layers. */
  readonly maps: number;
  /** Channels of the logits. */
  readonly outputs: number;
  /** Colours of the picture: maps are in as many groups, in order. */
  readonly groups: number;
}

/**
 * From features to logits, [.., outputs, ..]: twice ReLU and a 1 x 1 layer with mask B (van den Oord, Kalchbrenner,
 * Kavukcuoglu 2016, table 1), and once more for the logits.
 */
export function head(scope: Scope, features: Node, { maps, outputs, groups }: HeadOptions): Node {
  const layer = (name: string, x: Node, count: number) =>
    causalConv(scope.at(name), relu(x), { outputs: count, kernel: 1, mask: "B", groups });
  return layer("logits", layer("head1", layer("head0", features, maps), maps), outputs);
}
