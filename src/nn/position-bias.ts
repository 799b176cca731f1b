import { add, conv } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import { zeros } from "./initialisers.ts";
import { positionsOf } from "./positions.ts";
import type { Scope } from "./scope.ts";

/**
 * A bias of every feature map at every position that is linear in its row and column, both scaled to [-1, 1]:
 * features + V p. Layers after it can tell from that where the picture ends: a departure from the papers, whose
 * networks do not see the bottom edge. V starts as zeros, so that training starts from the network without positions.
 */
export function positionBias(scope: Scope, features: Node): Node {
  const weights = scope.parameter("weight", [features.shape[1]!, 2, 1, 1], zeros);
  const positions = positionsOf(features.shape.with(0, 1), scaled); // [1, 2, rows, cols]
  return named(add(features, conv(positions, weights, { name: scope.path })), scope.path);
}

/** From -1 at the first to 1 at the last; 0 if there is only one. */
const scaled = (i: number, size: number): number => (size === 1 ? 0 : (2 * i) / (size - 1) - 1);
