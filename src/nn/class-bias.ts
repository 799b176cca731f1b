import { add, conv } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import { zeros } from "./initialisers.ts";
import type { Scope } from "./scope.ts";

/**
 * A bias of every feature map for every class, the same at all positions: features + V^T h of Conditional PixelCNN
 * (van den Oord et al. 2016, equations 3 and 4), where h, `classes`, is one-hot, [batch, classes, 1, 1]. The
 * features, [.., maps, ..], stay as they are if there are no classes. V starts as zeros, so that training starts from
 * the network without classes.
 */
export function classBias(scope: Scope, features: Node, classes: Node | undefined): Node {
  if (!classes) return features;
  const weights = scope.parameter("weight", [features.shape[1]!, classes.shape[1]!, 1, 1], zeros);
  return named(add(features, conv(classes, weights, { name: scope.path })), scope.path);
}
