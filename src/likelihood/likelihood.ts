import type { Node } from "../graph/node.ts";

/** How a network's outputs (logits) tell the distribution of each sub-pixel. */
export interface Likelihood {
  readonly name: LikelihoodName;
  /** Logits that a network puts out for each sub-pixel, next to each other: [batch, channels * this, rows, cols]. */
  readonly logitsPerSubPixel: number;
  /** -log p(sub-pixel) in nats, [batch, channels, rows, cols], for pictures of levels 0 .. levels-1 of that shape. */
  nats(logits: Node, pictures: Node): Node;
  /**
   * The level that a uniform number in (0, 1) draws from the logits of one sub-pixel: the first at which the
   * distribution function exceeds it. The logits are divided by the temperature beforehand.
   */
  draw(logits: ArrayLike<number>, uniform: number, temperature: number): number;
}

export const LIKELIHOOD_NAMES = ["bernoulli", "categorical"] as const;
export type LikelihoodName = (typeof LIKELIHOOD_NAMES)[number];
