import { add, conv, type ConvOptions } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import { fanInUniform, zeros } from "./initialisers.ts";
import type { Scope } from "./scope.ts";

/** A convolution without a mask, [rows, cols] of kernel, with bias: [.., inputs, ..] -> [.., outputs, ..]. */
export function biasedConv(
  scope: Scope,
  x: Node,
  outputs: number,
  kernel: readonly [number, number],
  pad: ConvOptions["pad"] = {},
): Node {
  const inputs = x.shape[1]!;
  const fanIn = inputs * kernel[0] * kernel[1];
  const weights = scope.parameter("weight", [outputs, inputs, ...kernel], fanInUniform(fanIn));
  const bias = scope.parameter("bias", [1, outputs, 1, 1], zeros);
  return named(add(conv(x, weights, { pad, name: scope.path }), bias), scope.path);
}
