import { add, conv } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import { zeros } from "./initialisers.ts";
import type { Scope } from "./scope.ts";

/**
 * A bias of every feature map at every position, made of features of a field that is known in advance: the
 * location-dependent features + V * s of Conditional PixelCNN (van den Oord et al. 2016, section 2.3), where s = m(h)
 * is `field`, [batch, maps, rows, cols]. Features of fewer rows and columns read, at each position, all of the field
 * that lies there. They stay as they are if there is no field. V starts as zeros, so that training starts from the
 * network without a field.
 */
export function fieldBias(scope: Scope, features: Node, field: Node | undefined): Node {
  if (!field) return features;
  const stride = [field.shape[2]! / features.shape[2]!, field.shape[3]! / features.shape[3]!] as const;
  const weights = scope.parameter("weight", [features.shape[1]!, field.shape[1]!, ...stride], zeros);
  return named(add(features, conv(field, weights, { stride, name: scope.path })), scope.path);
}
