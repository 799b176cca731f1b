import { add, conv, type ConvOptions } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import { fanInUniform, zeros } from "./initialisers.ts";
import type { Scope } from "./scope.ts";

export interface BiasedConvOptions extends Pick<ConvOptions, "pad" | "stride" | "dilation"> {
  /** Of the variance of what comes out, in the beginning: see `fanInUniform`. 1 by default. */
  readonly gain?: number;
}

/** A convolution without a mask, [rows, cols] of kernel, with bias: [.., inputs, ..] -> [.., outputs, ..]. */
export function biasedConv(
  scope: Scope,
  x: Node,
  outputs: number,
  kernel: readonly [number, number],
  { gain, ...options }: BiasedConvOptions = {},
): Node {
  const inputs = x.shape[1]!;
  const shape = [outputs, inputs, ...kernel] as const;
  scope.checkSize(shape);
  const weights = scope.parameter("weight", shape, fanInUniform(inputs * kernel[0] * kernel[1], gain));
  const bias = scope.parameter("bias", [1, outputs, 1, 1], zeros);
  return named(add(conv(x, weights, { ...options, name: scope.path }), bias), scope.path);
}

/** Zeros around a field, so that a kernel of three rows and columns leaves its size as it is. */
export const AROUND = { top: 1, left: 1, bottom: 1, right: 1 } as const;
