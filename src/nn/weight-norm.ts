import {
  add,
  constant,
  conv,
  convTranspose,
  div,
  mul,
  sqrt,
  sum,
  type ConvOptions,
} from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import type { ConvMask } from "../graph/primitives.ts";
import { sizeOf } from "../graph/shapes.ts";
import { ownPixelMask, ownPixelMaskTransposed } from "./colour-groups.ts";
import { constantly, fanInUniform, zeros } from "./initialisers.ts";
import type { Scope } from "./scope.ts";

/** Added to |v|^2: an output of which all weights are masked has none. */
const EPSILON = 1e-12;

/**
 * Weights w = g v / |v| (T. Salimans, D. P. Kingma, "Weight Normalization", NIPS 2016, equation 2), with a length g for
 * each output; weights that a mask leaves out have no part in |v|. In the beginning g is `length`. (The paper would set
 * g from the first batch of data, which ends in NaN where an output is constant on it.)
 */
export function normalisedWeights(
  scope: Scope,
  shape: readonly [number, number, number, number],
  options: {
    readonly mask: ConvMask | undefined;
    readonly length: number;
    /** The axis of the outputs: 0 of a convolution, 1 of a transposed one. */
    readonly axis?: 0 | 1;
  },
): Node {
  const { mask, length, axis = 0 } = options;
  const ofOutput = [0, 1, 2, 3].filter((other) => other !== axis);
  const all = scope.parameter("v", shape, fanInUniform(sizeOf(shape) / shape[axis]));
  const g = scope.parameter("g", [1, 1, 1, 1].with(axis, shape[axis]), constantly(length));
  const v = mask ? mul(all, constant(mask.values, shape)) : all;
  const norm = sqrt(add(sum(mul(v, v), ofOutput), EPSILON));
  return mul(v, div(g, norm));
}

export interface NormalisedConvOptions {
  /** Feature maps of the result. */
  readonly outputs: number;
  /** [rows, cols]; if there is more than one group, the last tap is on the pixel itself. */
  readonly kernel: readonly [number, number];
  readonly pad?: ConvOptions["pad"];
  readonly stride?: ConvOptions["stride"];
  /** Colours of the picture: maps are in as many groups, in order. 1: nothing is masked by colour. */
  readonly groups: number;
  /** At the pixel itself: see `ownPixelMask`. B by default. */
  readonly mask?: "A" | "B";
  /** Of the inputs: see `ownPixelMask`. 1 by default. */
  readonly inputParts?: number;
  /** First lengths g of the weights of an output: 1 keeps the variance of what is linear. */
  readonly length?: number;
}

/** A convolution with normalised weights and a bias: [.., inputs, ..] -> [.., outputs, ..]. */
export function normalisedConv(scope: Scope, x: Node, options: NormalisedConvOptions): Node {
  const { outputs, kernel, pad = {}, stride = [1, 1], groups, inputParts = 1, length = 1 } = options;
  const shape = [outputs, x.shape[1]!, ...kernel] as const;
  scope.checkSize(shape);
  const mask = ownPixelMask({ shape, groups, inputParts, mask: options.mask ?? "B" });
  const weights = normalisedWeights(scope, shape, { mask, length });
  return withBias(scope, conv(x, weights, { pad, stride, mask, name: scope.path }));
}

export interface NormalisedConvTransposeOptions {
  /** Feature maps of the result. */
  readonly outputs: number;
  /** [rows, cols]; if there is more than one group, the first tap leads to the position itself. */
  readonly kernel: readonly [number, number];
  readonly pad?: ConvOptions["pad"];
  readonly stride: readonly [number, number];
  readonly groups: number;
}

/**
 * A transposed convolution with normalised weights and a bias: [.., inputs, rows, cols] -> [.., outputs, stride rows,
 * stride cols]. A position of the result is read through one of `stride` x `stride` taps: lengths begin so that it has
 * the variance of what is read.
 */
export function normalisedConvTranspose(
  scope: Scope,
  x: Node,
  { outputs, kernel, pad = {}, stride, groups }: NormalisedConvTransposeOptions,
): Node {
  const shape = [x.shape[1]!, outputs, ...kernel] as const;
  scope.checkSize(shape);
  const mask = ownPixelMaskTransposed(shape, groups);
  const length = Math.sqrt(stride[0] * stride[1]);
  const weights = normalisedWeights(scope, shape, { mask, length, axis: 1 });
  return withBias(scope, convTranspose(x, weights, { pad, stride, mask, name: scope.path }));
}

function withBias(scope: Scope, x: Node): Node {
  const bias = scope.parameter("bias", [1, x.shape[1]!, 1, 1], zeros);
  return named(add(x, bias), scope.path);
}
