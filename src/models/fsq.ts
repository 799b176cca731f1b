import { expected } from "../basics/errors.ts";
import { add, div, elu, mul, round, stopGradient, sub, tanh } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { AROUND, biasedConv } from "../nn/biased-conv.ts";
import { GAIN_AFTER_ELU } from "../nn/nonlinearity.ts";
import { spaceToDepth, upsample } from "../nn/resampling.ts";
import { residualBlocks } from "../nn/residual-block.ts";
import { ADVERSARIAL_SETTINGS } from "./adversarial-settings.ts";
import { gan } from "./gan.ts";
import type { TokenizerModel } from "./model.ts";

export type FsqConfig = {
  /** Feature maps after the first halving; twice as many after each other one. */
  readonly width: number;
  /** Residual blocks of the encoder, and of the decoder, at the size of the codes. */
  readonly blocks: number;
  /** Rows and columns of pixels for each one of codes: 4, 8 or 16. */
  readonly downsampling: number;
  readonly codeChannels: number;
  /** Levels of each channel, an odd number. */
  readonly codeLevels: number;
};

/**
 * Convolutional autoencoder with finite scalar quantisation (F. Mentzer, D. Minnen, E. Agustsson, M. Tschannen,
 * "Finite scalar quantization: VQ-VAE made simple", ICLR 2024): each channel of a code is bounded by a tanh and rounded
 * to one of L levels. There is no codebook that has to be learnt, and none that could collapse.
 *
 * Departures: the numbers of levels are equal and odd, so that a map of codes is a picture of so many channels and
 * levels, and 0 is one of the levels, for which the paper shifts the tanh if they are even. Squares of 2 x 2 become
 * channels and back (W. Shi et al. 2016), where the paper's networks have strides: this trains faster here.
 */
export const fsq: TokenizerModel<FsqConfig> = {
  family: "tokenizer",
  name: "fsq",
  defaults: { width: 32, blocks: 1, downsampling: 8, codeChannels: 4, codeLevels: 5 },
  presets: {},
  settings: {
    adversarial: {
      default: 0,
      least: 0,
      largest: 1e6,
      about:
        "weight of a discriminator's loss beside the reconstruction's, which it rises to; 0: no discriminator",
    },
    ...ADVERSARIAL_SETTINGS,
  },

  codes(config) {
    const { codeChannels: channels, codeLevels: levels, downsampling, blocks } = config;
    if (levels < 3 || levels > 255 || levels % 2 === 0)
      throw expected("ARGUMENT", "an odd number from 3 to 255", "codeLevels", levels, "codeLevels");
    // Kernels of 3 x 3, after each doubling half as large, measured in codes.
    const reach = 1 + 2 * blocks + 2 - 2 / 2 ** halvingsOf(config);
    return { channels, levels, downsampling, reach: Math.ceil(reach) };
  },

  encoder(scope, x, config) {
    const { width, blocks, codeChannels, codeLevels } = config;
    let h = x;
    for (let i = 0; i < halvingsOf(config); i++) {
      const [read, gain] = i === 0 ? [h, 1] : [elu(h), GAIN_AFTER_ELU];
      const own = scope.at(`half${i + 1}`);
      h = biasedConv(own, spaceToDepth(read), width * 2 ** i, [3, 3], { pad: AROUND, gain }); // [.., rows / 2, cols / 2]
    }
    h = residualBlocks(scope, h, blocks, blocks);
    const codes = biasedConv(scope.at("codes"), elu(h), codeChannels, [1, 1], { gain: GAIN_AFTER_ELU });
    return rounded(tanh(codes), codeLevels); // [batch, channels, rows / downsampling, cols / downsampling]
  },

  decoder(scope, codes, config, colours) {
    const { width, blocks } = config;
    const halvings = halvingsOf(config);
    let h = biasedConv(scope.at("codes"), codes, width * 2 ** (halvings - 1), [3, 3], { pad: AROUND });
    h = residualBlocks(scope, h, blocks, blocks);
    for (let i = halvings; i > 0; i--) {
      const [, , rows, cols] = h.shape as [number, number, number, number];
      const maps = i === 1 ? colours : width * 2 ** (i - 2);
      h = upsample(scope.at(`double${i}`), elu(h), maps, [2 * rows, 2 * cols]);
    }
    return h;
  },

  discriminator: (scope, x, { width, blocks }) =>
    gan.discriminator(scope, x, { width, blocks, latents: 1 }, { classes: undefined }),
};

/** The nearest of so many levels from -1 to 1; differentiated as x itself (the straight-through estimator). */
function rounded(x: Node, levels: number): Node {
  const half = (levels - 1) / 2;
  return add(x, stopGradient(sub(div(round(mul(x, half)), half), x)));
}

const DOWNSAMPLINGS = [4, 8, 16];

/** How often rows and columns are halved. @throws ARGUMENT if it is not a downsampling that there is */
function halvingsOf({ downsampling }: FsqConfig): number {
  if (DOWNSAMPLINGS.includes(downsampling)) return Math.log2(downsampling);
  throw expected("ARGUMENT", DOWNSAMPLINGS.join(" or "), "downsampling", downsampling, "downsampling");
}
