import type { Node } from "../graph/node.ts";

/**
 * Of what the random numbers are: standard normal, uniform in (0, 1), which pixels are known (1 or 0, see
 * `fillWithKnown`, of inputs [batch, 1, rows, cols]), or the mask of dropout, which is 0 with the given
 * rate, to the nearest 1/256, and else 1 / (1 - rate), so that its mean is 1.
 */
export type Distribution = "normal" | "uniform" | "known" | { readonly dropout: number };

/**
 * Random numbers that a graph reads, [batch, ...]: a function of the input's name, the seed, the step and the picture.
 */
export interface NoiseInput {
  readonly node: Node<"input">;
  readonly distribution: Distribution;
}
