import { add, broadcast, concat, elu, slice } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { AROUND, biasedConv } from "../nn/biased-conv.ts";
import { classBias } from "../nn/class-bias.ts";
import { gaussianOf } from "../nn/gaussian.ts";
import { zeros } from "../nn/initialisers.ts";
import { GAIN_AFTER_ELU } from "../nn/nonlinearity.ts";
import { residualBlock, residualBlocks } from "../nn/residual-block.ts";
import { downsample, extentsOf, upsample } from "../nn/resampling.ts";
import type { Scope } from "../nn/scope.ts";
import type { ChooseLatents, VariationalModel } from "./model.ts";
import { VARIATIONAL_SETTINGS } from "./variational-settings.ts";

export type LadderVaeConfig = {
  /** Feature maps after the first halving; twice as many after each other one. */
  readonly width: number;
  /** Groups of latents, and residual blocks of the encoder, at each resolution. */
  readonly depth: number;
  /** How often rows and columns are halved; there are latents at each smaller size. */
  readonly resolutions: number;
  /** Maps of latents of each group. */
  readonly latents: number;
};

/**
 * Of the variance of what tells distributions: in the beginning posteriors and priors are about alike, and standard
 * normal.
 */
const SMALL = 1e-2;

/**
 * Ladder variational autoencoder (C. K. Sønderby et al., NIPS 2016) with a top-down path that posterior and prior
 * share, as R. Child draws it ("Very deep VAEs generalize autoregressive models", ICLR 2021): groups of latents
 * from the smallest resolution to the largest, each given all before it.
 */
export const ladderVae: VariationalModel<LadderVaeConfig> = {
  family: "vae",
  name: "ladder-vae",
  defaults: { width: 16, depth: 1, resolutions: 3, latents: 8 },
  presets: {},
  settings: VARIATIONAL_SETTINGS,

  encoder(scope, x, { width, depth, resolutions }, { classes }) {
    const all: Node[] = [];
    for (let i = 0; i < resolutions; i++) {
      const at = scope.at(`resolution${i + 1}`);
      const read = i === 0 ? x : elu(all[i - 1]!);
      const gain = i === 0 ? 1 : GAIN_AFTER_ELU;
      const smaller = downsample(at.at("half"), read, width * 2 ** i, gain);
      const known = i === 0 ? classBias(at.at("class"), smaller, classes) : smaller;
      all.push(residualBlocks(at, known, depth, depth * resolutions));
    }
    return all;
  },

  decoder(scope, features, { width, depth, resolutions, latents }, { classes, extent, outputs }, choose) {
    const extents = extentsOf(extent, resolutions);
    const { shape } = features[resolutions - 1]!;
    const top = scope.parameter("top", [1, ...shape.slice(1)], zeros);
    let h = classBias(scope.at("class"), broadcast(top, shape), classes);
    for (let i = resolutions - 1; i >= 0; i--) {
      const at = scope.at(`resolution${i + 1}`);
      for (let group = 1; group <= depth; group++) {
        const options = { latents, groups: depth * resolutions, choose, name: `${i + 1}.${group}` };
        h = withLatents(at.at(`group${group}`), h, features[i]!, options);
      }
      h = upsample(at.at("double"), elu(h), i === 0 ? outputs : width * 2 ** (i - 1), extents[i]!);
    }
    return h;
  },
};

/** The top-down state, [.., maps, ..], with a group of latents, whose posterior also sees the encoder's features. */
function withLatents(
  scope: Scope,
  h: Node,
  features: Node,
  options: {
    readonly latents: number;
    /** In all. */
    readonly groups: number;
    readonly name: string;
    readonly choose: ChooseLatents;
  },
): Node {
  const { latents, groups, name, choose } = options;
  const maps = h.shape[1]!;
  const layer = (at: string, x: Node, outputs: number, gain: number) =>
    biasedConv(scope.at(at), elu(x), outputs, [3, 3], { pad: AROUND, gain: gain * GAIN_AFTER_ELU });
  const small = SMALL / groups;
  const ofPrior = layer("prior", h, 2 * latents + maps, small);
  const prior = gaussianOf(slice(ofPrior, 1, 0, 2 * latents));
  const both = layer("both", concat([h, features], 1), maps, 1);
  const posterior = gaussianOf(layer("posterior", both, 2 * latents, small));
  const z = choose(name, posterior, prior);
  const added = biasedConv(scope.at("latents"), z, maps, [1, 1], { gain: 1 / groups });
  const told = slice(ofPrior, 1, 2 * latents, 2 * latents + maps);
  return residualBlock(scope.at("block"), add(add(h, told), added), groups);
}
