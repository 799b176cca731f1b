import { attend, concat, mul, slice } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import { sliceOfGroup, withEachGroup } from "./colour-groups.ts";
import type { Condition } from "./condition-bias.ts";
import { gatedResidual } from "./gated-residual.ts";
import type { Scope } from "./scope.ts";
import { normalisedConv } from "./weight-norm.ts";

export interface CausalAttentionOptions extends Condition {
  /** Channels of a query and of a key. */
  readonly key: number;
  /** Channels of the values, and of the result. */
  readonly value: number;
  /**
   * Colours of the picture: features and values are in as many groups, in order, and each has queries and keys of its
   * own.
   */
  readonly groups: number;
}

/** What attention reads: fields of the picture's rows and columns. */
export interface AttentionInputs {
  readonly picture: Node;
  /** Of earlier pixels and, of the pixel itself, of earlier colours. */
  readonly features: Node;
  /** Tells the position. */
  readonly background: Node;
}

/**
 * The attention block of PixelSNAIL (Chen, Mishra, Rohaninejad, Abbeel 2017) over all earlier pixels:
 *
 *     keys, values from [picture, features, background],   queries from [features, background],
 *     softmax(query . key / sqrt(channels of a key)) over earlier pixels, times values
 *
 * each pair by a gated residual layer and a 1 x 1 convolution: [.., value, ..]. Of earlier pixels all colours may be
 * known to all groups; the queries of a group know its earlier colours.
 */
export function causalAttention(
  scope: Scope,
  { picture, features, background }: AttentionInputs,
  { key, value, groups, ...condition }: CausalAttentionOptions,
): Node {
  const layer = (name: string, x: Node, outputs: number, ownGroups: number) => {
    const mixed = gatedResidual(scope.at(name).at("mix"), x, { groups: ownGroups, ...condition });
    return normalisedConv(scope.at(name), mixed, { outputs, kernel: [1, 1], groups: ownGroups });
  };
  const keyMaps = groups * key;
  const memory = layer("memory", concat([picture, features, background], 1), keyMaps + value, 1);
  const [keys, values] = [slice(memory, 1, 0, keyMaps), slice(memory, 1, keyMaps, keyMaps + value)];
  const queries = layer("queries", withEachGroup(features, background, groups), keyMaps, groups);
  const scaled = mul(queries, 1 / Math.sqrt(key));

  const attended = Array.from({ length: groups }, (_, group) => {
    const [q, k, v] = [scaled, keys, values].map((field) => sliceOfGroup(field, group, groups));
    const name = groups === 1 ? scope.path : scope.at(`colour${group}`).path;
    return v && named(attend(q!, k!, v), name);
  });
  return named(
    concat(
      attended.filter((part) => part !== undefined),
      1,
    ),
    scope.path,
  );
}
