import { add, constant, conv, div, mul, sqrt, sum, type ConvOptions } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import type { ConvMask } from "../graph/primitives.ts";
import { ownPixelMask } from "./colour-groups.ts";
import { constantly, fanInUniform, zeros } from "./initialisers.ts";
import type { Scope } from "./scope.ts";

/** Added to |v|^2: an output of which all weights are masked has none. */
const EPSILON = 1e-12;

/**
 * Weights w = g v / |v| (T. Salimans, D. P. Kingma, "Weight Normalization", NIPS 2016, equation 2), with a length g for each
 * output; weights that a mask leaves out have no part in |v|. In the beginning g is `length`. (The paper would set g from the
 * first batch of data, which ends in NaN where an output is constant on it.)
 */
export function normalisedWeights(
  scope: Scope,
  shape: readonly [number, number, number, number],
  { mask, length }: { readonly mask: ConvMask | undefined; readonly length: number },
): Node {
  const [outputs, inputs, kernelRows, kernelCols] = shape;
  const all = scope.parameter("v", shape, fanInUniform(inputs * kernelRows * kernelCols));
  const g = scope.parameter("g", [outputs, 1, 1, 1], constantly(length));
  const v = mask ? mul(all, constant(mask.values, shape)) : all;
  const norm = sqrt(add(sum(mul(v, v), [1, 2, 3]), EPSILON));
  return mul(v, div(g, norm));
}

export interface NormalisedConvOptions {
  /** Feature maps of the result. */
  readonly outputs: number;
  /** [rows, cols]; the last tap is on the pixel itself. */
  readonly kernel: readonly [number, number];
  readonly pad?: ConvOptions["pad"];
  /** Colours of the picture: maps are in as many groups, in order. 1: nothing is masked by colour. */
  readonly groups: number;
  /** At the pixel itself: see `ownPixelMask`. B by default. */
  readonly mask?: "A" | "B";
  /** First lengths g of the weights of an output: 1 keeps the variance of what is linear. */
  readonly length?: number;
}

/** A convolution with normalised weights and a bias: [.., inputs, ..] -> [.., outputs, ..]. */
export function normalisedConv(scope: Scope, x: Node, options: NormalisedConvOptions): Node {
  const { outputs, kernel, pad = {}, groups, mask: kind = "B", length = 1 } = options;
  const shape = [outputs, x.shape[1]!, ...kernel] as const;
  scope.checkSize(shape);
  const mask = ownPixelMask({ shape, groups, mask: kind });
  const weights = normalisedWeights(scope, shape, { mask, length });
  const bias = scope.parameter("bias", [1, outputs, 1, 1], zeros);
  return named(add(conv(x, weights, { pad, mask, name: scope.path }), bias), scope.path);
}
