import { add, conv } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import type { FieldFeatures } from "./field-features.ts";
import { zeros } from "./initialisers.ts";
import type { Scope } from "./scope.ts";

/**
 * A bias of every feature map at every position, made of features of a field that is known in advance: the
 * location-dependent features + V * s of Conditional PixelCNN (van den Oord et al. 2016, section 2.3), where s = m(h)
 * is `field`, of which the smallest is read that has all positions of `features`: of a larger one, a position reads all
 * that lies there. They stay as they are if there is no field. V starts as zeros, so that training starts from the
 * network without a field.
 */
export function fieldBias(scope: Scope, features: Node, field: FieldFeatures | undefined): Node {
  const [, maps, rows, cols] = features.shape as [number, number, number, number];
  const read = field?.find(({ shape }) => shape[2]! >= rows);
  if (!read) return features;
  const stride = [read.shape[2]! / rows, read.shape[3]! / cols] as const;
  const weights = scope.parameter("weight", [maps, read.shape[1]!, ...stride], zeros);
  return named(add(features, conv(read, weights, { stride, name: scope.path })), scope.path);
}
