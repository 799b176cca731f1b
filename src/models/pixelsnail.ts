import { elu } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import { causalAttention } from "../nn/causal-attention.ts";
import { earlierPixels } from "../nn/earlier-pixels.ts";
import { gatedResidual } from "../nn/gated-residual.ts";
import { ABOVE_AND_LEFT } from "../nn/neighbourhood.ts";
import { AFTER_ELU } from "../nn/nonlinearity.ts";
import { positionsOf } from "../nn/positions.ts";
import { normalisedConv } from "../nn/weight-norm.ts";
import type { AutoregressiveModel } from "./model.ts";

/**
 * PixelSNAIL: X. Chen, N. Mishra, M. Rohaninejad, P. Abbeel, "PixelSNAIL: An Improved Autoregressive Generative Model",
 * 2017 (arXiv 1712.09763).
 *
 * Convolutions read what is near, attention what is far. Each block has a few gated residual layers of 2 x 2 causal
 * convolutions, and attention to all earlier pixels. The first layer shifts the picture, so all later layers may read
 * their own position.
 *
 * Departures: the nonlinearity is ELU as in the paper's figures (the authors' code has concatenated ELU, of twice the
 * maps); weights are normalised, but not initialised from a first batch of data; the picture has no channel of ones,
 * since the background tells where its edges are. The paper has one likelihood, a mixture of logistics, with which the
 * network sees whole pixels only. With a likelihood that orders R before G before B, maps are in groups, and each group
 * has attention of its own.
 */
export type PixelSnailConfig = {
  /** Feature maps. Paper: 256. */
  readonly width: number;
  /** Blocks, each with attention. Paper: 12. */
  readonly blocks: number;
  /** Gated residual layers of a block. Paper: 4. */
  readonly layers: number;
  /** Channels of queries and keys. Paper: 16. */
  readonly key: number;
  /** Channels of the values. Paper: 128. */
  readonly value: number;
};

export const pixelsnail: AutoregressiveModel<PixelSnailConfig> = {
  family: "autoregressive",
  name: "pixelsnail",
  knowsPositions: true,
  defaults: { width: 32, blocks: 2, layers: 3, key: 8, value: 32 },
  presets: {
    // As public implementations have them for MNIST.
    mnist: { width: 64, blocks: 8, layers: 2, key: 4, value: 32 },
    "paper-cifar10": { width: 256, blocks: 12, layers: 4, key: 16, value: 128 },
  },

  network(scope, x, { width, blocks, layers, key, value }, { outputs, ...context }) {
    const { groups } = context;
    // x: [batch, colours, rows, cols] in [-1, 1]
    const background = backgroundOf(x); // [batch, 2, rows, cols]
    let u = earlierPixels(scope.at("first"), x, { outputs: width, groups }); // [.., width, ..]
    for (let i = 0; i < blocks; i++) {
      const block = scope.at(`block${i}`);
      for (let j = 0; j < layers; j++) {
        u = gatedResidual(block.at(`layer${j}`), u, { neighbourhood: ABOVE_AND_LEFT, ...context });
      }
      const inputs = { picture: x, features: u, background };
      // [.., value, ..]
      const attended = causalAttention(block.at("attention"), inputs, { key, value, ...context });
      u = gatedResidual(block.at("merge"), u, { auxiliary: attended, ...context });
    }
    return normalisedConv(scope.at("logits"), elu(u), { outputs, kernel: [1, 1], groups, length: AFTER_ELU });
  },
};

/** Where a pixel is: (row - rows / 2) / rows and (column - columns / 2) / columns. */
const backgroundOf = ({ shape }: Node): Node =>
  named(
    positionsOf(shape, (i, size) => i / size - 1 / 2),
    "background",
  );
