import type { Node } from "../graph/node.ts";

/**
 * The probability mass of each level 0 .. levels-1 of a sub-pixel, up to a common factor, from the logits of the
 * sub-pixel's group and the levels of the channels before it in that group. The temperature divides the logits,
 * unless the likelihood defines it differently.
 */
export type Masses = (
  logits: ArrayLike<number>,
  temperature: number,
  earlier: ArrayLike<number>,
) => ArrayLike<number>;

/** Kernels that draw, see `src/kernels/draw.ts`. */
export type DrawKernel = "bernoulli" | "categorical" | "logisticMixture";

/**
 * How a network's outputs (logits) define the distribution of each sub-pixel. `CONTRIBUTING.md` says how to write
 * one.
 */
export interface Likelihood {
  readonly name: string;
  /** The number of channels of the logits for pictures of so many channels. */
  logits(channels: number): number;
  /**
   * The number of consecutive groups, equal in size, into which the picture's channels and those of the logits are
   * split. The logits of a group define the sub-pixels of that group, and may depend on earlier groups of the same
   * pixel.
   */
  groups(channels: number): number;
  /**
   * -log p(sub-pixel | all earlier ones) in nats, [batch, channels, rows, cols], for pictures of levels 0 .. levels-1
   * of that shape.
   */
  nats(logits: Node, pictures: Node): Node;
  /**
   * Logits of the distribution that is moved by `places`, [batch, channels, rows, cols], where levels lie from -1 to 1:
   * so a network only has to tell how pictures differ from these. Left out if there is no such move.
   */
  around?(logits: Node, places: Node): Node;
  /** The same distribution as numbers, for drawing. */
  readonly masses: Masses;
  /**
   * A kernel that draws from the same distribution, faster and in workers too. Without one, `masses` is called for
   * every sub-pixel, in the calling thread.
   */
  readonly kernel?: DrawKernel;
}

/** The built-in likelihoods, see `likelihoodByName`. */
export type LikelihoodName = "bernoulli" | "categorical" | "logistic-mixture";

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
