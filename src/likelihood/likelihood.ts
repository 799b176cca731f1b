import type { Node } from "../graph/node.ts";

/**
 * The probability mass of each level 0 .. levels-1 of a sub-pixel, up to a factor that all share, from the logits of the
 * sub-pixel's group and the levels of the channels before it in that group. The logits are divided by the temperature
 * beforehand, unless the likelihood says that it takes it otherwise.
 */
export type Masses = (
  logits: ArrayLike<number>,
  temperature: number,
  earlier: ArrayLike<number>,
) => ArrayLike<number>;

/** Kernels that draw, see `src/kernels/draw.ts`. */
export type DrawKernel = "bernoulli" | "categorical" | "logisticMixture";

/** How a network's outputs (logits) tell the distribution of each sub-pixel. `CONTRIBUTING.md` says how to write one. */
export interface Likelihood {
  readonly name: string;
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
  /** The same distribution as numbers, for drawing. */
  readonly masses: Masses;
  /** What draws from `masses` faster, in workers too. Without, they are computed for every sub-pixel, in the calling thread. */
  readonly kernel?: DrawKernel;
}

/** Our own likelihoods, see `likelihoodByName`. */
export const LIKELIHOOD_NAMES = ["bernoulli", "categorical", "logistic-mixture"] as const;
export type LikelihoodName = (typeof LIKELIHOOD_NAMES)[number];

/**
 * The level that a uniform number in (0, 1) draws from masses: the first at which the distribution function exceeds it.
 */
export function levelAt(masses: ArrayLike<number>, uniform: number): number {
  const threshold = uniform * totalOf(masses);
  let cumulative = 0;
  for (let level = 0; level < masses.length; level++) {
    cumulative += masses[level]!;
    if (cumulative > threshold) return level;
  }
  return masses.length - 1;
}

/** -log p of a level, in nats. */
export const natsOfLevel = (masses: ArrayLike<number>, level: number): number =>
  Math.log(totalOf(masses) / masses[level]!);

function totalOf(masses: ArrayLike<number>): number {
  let total = 0;
  for (let level = 0; level < masses.length; level++) total += masses[level]!;
  return total;
}
