import { elu, reshape } from "../graph/language.ts";
import { biasedConv } from "../nn/biased-conv.ts";
import { classBias } from "../nn/class-bias.ts";
import { gaussianOf } from "../nn/gaussian.ts";
import { GAIN_AFTER_ELU } from "../nn/nonlinearity.ts";
import { downsample, extentsOf, upsample } from "../nn/resampling.ts";
import { residualBlocks } from "../nn/residual-block.ts";
import type { VariationalModel } from "./model.ts";
import { VARIATIONAL_SETTINGS } from "./variational-settings.ts";

export type VaeConfig = {
  /** Feature maps after the first halving; twice as many after each other one. */
  readonly width: number;
  /** Residual blocks after each halving, and before each doubling. */
  readonly depth: number;
  /** How often rows and columns are halved. */
  readonly resolutions: number;
  readonly latents: number;
};

/**
 * Variational autoencoder (D. P. Kingma, M. Welling, "Auto-encoding variational Bayes", ICLR 2014): latents are
 * normally distributed, the encoder tells their mean and variance, the decoder the pixels given them, independently
 * of one another.
 *
 * Departure: both are residual convolutional networks, where the paper has one layer of hidden units.
 */
export const vae: VariationalModel<VaeConfig> = {
  family: "vae",
  name: "vae",
  defaults: { width: 32, depth: 1, resolutions: 2, latents: 32 },
  presets: {},
  settings: VARIATIONAL_SETTINGS,

  encoder(scope, x, { width, depth, resolutions }, { classes }) {
    let features = x;
    for (let i = 0; i < resolutions; i++) {
      const at = scope.at(`resolution${i + 1}`);
      const read = i === 0 ? features : elu(features);
      features = downsample(at.at("half"), read, width * 2 ** i, i === 0 ? 1 : GAIN_AFTER_ELU);
      if (i === 0) features = classBias(at.at("class"), features, classes);
      features = residualBlocks(at, features, depth, depth * resolutions);
    }
    return [elu(features)];
  },

  decoder(scope, [features], { width, depth, resolutions, latents }, { classes, extent, outputs }, choose) {
    const [, maps, rows, cols] = features!.shape as [number, number, number, number];
    // A kernel as large as the field: every latent sees all of it.
    const posterior = biasedConv(scope.at("posterior"), features!, 2 * latents, [rows, cols], {
      gain: GAIN_AFTER_ELU,
    });
    const z = choose("latents", gaussianOf(posterior));
    const batch = z.shape[0]!;
    const spread = biasedConv(scope.at("spread"), z, maps * rows * cols, [1, 1]);
    let h = reshape(spread, [batch, maps, rows, cols]);
    h = classBias(scope.at("class"), h, classes);
    const extents = extentsOf(extent, resolutions);
    for (let i = resolutions - 1; i >= 0; i--) {
      const at = scope.at(`resolution${i + 1}`);
      h = residualBlocks(at, h, depth, depth * resolutions);
      h = upsample(at.at("double"), elu(h), i === 0 ? outputs : width * 2 ** (i - 1), extents[i]!);
    }
    return h;
  },
};
