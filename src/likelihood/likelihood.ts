import type { Node } from "../graph/node.ts";

/** How a network's outputs (logits) tell the distribution of each sub-pixel. */
export interface Likelihood {
  readonly name: LikelihoodName;
  /** Channels of the logits that a network puts out for pictures of so many channels. */
  logits(channels: number): number;
  /**
   * Groups, in order, that both the picture's channels and those of the logits fall into, equally many in each. The logits of
   * a group tell the sub-pixels of that group, and may depend on earlier groups of the same pixel.
   */
  groups(channels: number): number;
  /**
   * -log p(sub-pixel | all earlier ones) in nats, [batch, channels, rows, cols], for pictures of levels 0 .. levels-1 of that
   * shape.
   */
  nats(logits: Node, pictures: Node): Node;
  /**
   * The level that a uniform number in (0, 1) draws from the logits of a sub-pixel's group and the levels of the channels
   * before it in that group: the first at which the distribution function exceeds it. The logits are divided by the
   * temperature beforehand, unless the likelihood says that it takes it otherwise.
   */
  draw(logits: ArrayLike<number>, uniform: number, temperature: number, earlier?: ArrayLike<number>): number;
}

export const LIKELIHOOD_NAMES = ["bernoulli", "categorical", "logistic-mixture"] as const;
export type LikelihoodName = (typeof LIKELIHOOD_NAMES)[number];
