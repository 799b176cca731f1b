import { gradients } from "../autodiff/gradients.ts";
import { add, mul, neg, sqrt, sub, sum } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { softplus } from "../nn/nonlinearity.ts";

/** The two that play, and a batch that they play with. */
export interface Game {
  /** The discriminator's score of each picture, [batch, 1, 1, 1]. */
  score(pictures: Node): Node;
  /** [batch, channels, rows, cols] in [-1, 1]. */
  readonly real: Node;
  /** As `real`, of the generator. */
  readonly fake: Node;
  /** Uniform in (0, 1), [batch, 1, 1, 1]. */
  uniform(): Node;
}

/** What keeps the discriminator smooth: a number of each picture, [batch, 1, 1, 1]. */
export interface Penalty {
  /** See `Figure`. */
  readonly name: string;
  readonly label: string;
  readonly node: Node;
}

/** The weight of penalties in the discriminator's loss. */
export interface PenaltyWeight {
  /** The model's setting that it is at the beginning. */
  readonly setting: "gamma" | "lambda";
  /** So many times that it is at the end. */
  readonly last: number;
}

/** What generator and discriminator minimise, as numbers of each picture, [batch, 1, 1, 1]. */
export interface GanLoss {
  /** Of the penalties; undefined if there are none. */
  readonly weight: PenaltyWeight | undefined;
  /** Of scores of real and of generated pictures, which are pairs by their number. */
  discriminator(real: Node, fake: Node): Node;
  generator(real: Node, fake: Node): Node;
  /** What is added, weighted, to the discriminator's loss. */
  penalties(game: Game): readonly Penalty[];
}

/**
 * Relativistic pairing (A. Jolicoeur-Martineau 2019): D tells which of two pictures is the real one, G wants it to be
 * mistaken. Zero-centred penalties on real pictures, R1, and on generated ones, R2, half the square of the length of
 * D's gradient each: Y. Huang et al. 2024, equations 1, 4 and 5. They make training converge locally, where older
 * losses go round in circles. Their weight falls to a tenth, as in all of the paper's recipes.
 */
const r3gan: GanLoss = {
  weight: { setting: "gamma", last: 0.1 },
  discriminator: (real, fake) => softplus(sub(fake, real)),
  generator: (real, fake) => softplus(sub(real, fake)),
  penalties: ({ score, real, fake }) => [
    { name: "penaltyReal", label: "R1", node: halfSquare(score, real) },
    { name: "penaltyGenerated", label: "R2", node: halfSquare(score, fake) },
  ],
};

/**
 * I. Goodfellow et al. 2014, with the generator's non-saturating loss (section 3), which DCGAN (A. Radford et al. 2016)
 * trains.
 */
const dcgan: GanLoss = {
  weight: undefined,
  discriminator: (real, fake) => add(softplus(neg(real)), softplus(fake)),
  generator: (_, fake) => softplus(neg(fake)),
  penalties: () => [],
};

/**
 * I. Gulrajani et al. 2017, equation 3 and algorithm 1: the distance of Wasserstein; the length of D's gradient at a
 * random place between a real picture and a generated one is to be 1, and is punished on both sides. There are as many
 * steps of D as of G (there five).
 */
const wganGp: GanLoss = {
  weight: { setting: "lambda", last: 1 },
  discriminator: (real, fake) => sub(fake, real),
  generator: (_, fake) => neg(fake),
  penalties({ score, real, fake, uniform }) {
    const between = add(fake, mul(sub(real, fake), uniform()));
    // The root has no derivative at 0.
    const excess = sub(sqrt(add(squaredGradient(score, between), 1e-12)), 1);
    return [{ name: "gradientPenalty", label: "gradient penalty", node: mul(excess, excess) }];
  },
};

export const GAN_LOSSES = { r3gan, dcgan, "wgan-gp": wganGp } as const satisfies Record<string, GanLoss>;
export type GanLossName = keyof typeof GAN_LOSSES;

/** The square of the length of the score's gradient for the picture. */
function squaredGradient(score: Game["score"], pictures: Node): Node {
  const [gradient] = gradients(sum(score(pictures)), [pictures]) as [Node];
  return sum(mul(gradient, gradient), [1, 2, 3]);
}

const halfSquare = (score: Game["score"], pictures: Node): Node =>
  mul(squaredGradient(score, pictures), 1 / 2);
