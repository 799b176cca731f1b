import { bitsPerDim, LARGEST_PSNR } from "../basics/units.ts";
import { abs, add, div, input, log, maximum, mean, mul, reshape, sub } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { sizeOf } from "../graph/shapes.ts";
import { modelOf, settingsOf } from "../models/by-name.ts";
import { Scope } from "../nn/scope.ts";
import type { DecoderGraph, EncoderGraph, LatentMaps } from "../programs/latents.ts";
import { checkedSizes, refuseDropout, type NetworkConfig } from "../programs/network.ts";
import type { PooledFigure, TracedFigure, Trainable } from "../programs/trainable.ts";
import { buildCodeNetwork, codeMapOf, levelsOfScaled, type CodeNetwork } from "./code-network.ts";
import { usagePool } from "./code-usage.ts";
import { discriminatorOf, ganFigure, ganLossOf, trainedDiscriminator } from "./discriminator.ts";
import type { Family } from "./family.ts";
import { optimizerOf, type TrainingSettings } from "./optimizers.ts";
import { sumOfEach } from "./sum-of-each.ts";

/** The one group of latents of a picture are its codes, from -1 to 1. */
export const CODE_LATENTS: LatentMaps = { encoder, decoder };

const DRAWS_NONE =
  "it turns pictures into codes and back: train a network that draws codes, with it as the tokenizer";

/**
 * Tokenizers: autoencoders whose bottleneck is a map of codes, a small picture that an autoregressive network can draw.
 * They are trained to reconstruct pictures, by the mean of |error| + error^2 on the scale from -1 to 1; with a
 * discriminator also to look real, as the generator of a GAN (P. Esser et al. 2021, "Taming transformers").
 */
export const tokenizer: Family = {
  name: "tokenizer",
  hasLikelihood: false,
  optimizer: "muon",
  readsFields: false,
  trainable,

  evaluation(config, batch) {
    const network = buildCodeNetwork(config, batch);
    return {
      ...network,
      classes: undefined,
      noise: [],
      figures: [...figuresOf(network, config), ...usageOf(network)],
      best: "psnr",
    };
  },

  can: {
    codes: codeMapOf,
    latents: CODE_LATENTS,
    score: {
      likelihood: "bound",
      bound: "codes",
      trace(config, batch) {
        const network = buildCodeNetwork(config, batch);
        return { ...network, classes: undefined, noise: [], nats: boundOf(network) };
      },
    },
  },
  cannot: {
    sample: DRAWS_NONE,
    complete: DRAWS_NONE,
    interpolate: "it makes pictures of codes, and not of random numbers",
    observe: "it turns pictures into codes and back, and draws none",
    explain: "all pixels of a picture are made at once",
  },
};

function trainable(config: NetworkConfig, batch: number, settings: TrainingSettings): Trainable {
  refuseDropout(config, settings);
  const network = buildCodeNetwork(config, batch);
  const { picture, real, made, nats, parts } = network;
  const chosen = settingsOf(config.model, config.settings)!;
  const part = { ...parts[0], optimizer: optimizerOf(settings), figures: figuresOf(network, config) };
  const loss = add(mean(errorOf(network)), mul(mean(nats), SCALE_WEIGHT));
  const most = chosen["adversarial"] as number;
  if (most === 0) return { picture, classes: undefined, noise: [], parts: [{ ...part, loss }] };

  const model = modelOf("tokenizer", config.model);
  const sizes = checkedSizes(config);
  const noise = Scope.root();
  const judge = discriminatorOf(real, (scope) => model.discriminator(scope, real, sizes));
  const discriminator = trainedDiscriminator(judge, { real, fake: made, noise, chosen }, settings);
  const fooling = ganLossOf(chosen).generator(judge.score(real), judge.score(made));
  const weight = input("adversarial weight", [1, 1, 1, 1]);
  const fooled = {
    ...part,
    loss: add(loss, mul(mean(fooling), weight)),
    figures: [...part.figures, ganFigure("generatorLoss", "G loss", fooling)],
  };
  return {
    picture,
    classes: undefined,
    noise: noise.noiseInputs,
    // Rises from 0: a discriminator that sees nothing but blur at first would lead the decoder astray.
    schedules: [...discriminator.schedules, { node: weight, at: (step) => (most * step) / settings.steps }],
    parts: [discriminator.part, fooled],
  };
}

/** So small that the gradient of the scale has no part in the norm that is clipped; Adam takes steps of any gradient. */
const SCALE_WEIGHT = 1e-3;

/** |error| + error^2 of each sub-pixel, on the scale from -1 to 1. */
function errorOf({ real, made }: CodeNetwork): Node {
  const error = sub(real, made);
  return add(abs(error), mul(error, error));
}

/** -log P(codes) - log p(picture | codes), where all codes are equally likely: of each picture, [batch, 1, 1, 1]. */
function boundOf({ map, nats }: CodeNetwork): Node {
  return add(sumOfEach(nats), map.channels * map.rows * map.cols * Math.log(map.levels));
}

/** The peak ratio of signal to noise of each picture's levels in dB, [batch, 1, 1, 1]. */
function psnrOf({ picture, made }: CodeNetwork, levels: number): Node {
  const error = div(sub(levelsOfScaled(made, levels), picture), levels - 1);
  const meanSquare = div(sumOfEach(mul(error, error)), sizeOf(picture.shape.slice(1)));
  return mul(log(maximum(meanSquare, 10 ** (-LARGEST_PSNR / 10))), -10 / Math.LN10);
}

function figuresOf(network: CodeNetwork, { levels }: NetworkConfig): TracedFigure[] {
  const subPixels = sizeOf(network.picture.shape.slice(1));
  return [
    {
      name: "psnr",
      label: "dB PSNR",
      decimals: 2,
      lowerIsBetter: false,
      node: psnrOf(network, levels),
      scale: 1,
    },
    {
      name: "reconstruction",
      label: "reconstruction loss",
      decimals: 4,
      lowerIsBetter: true,
      node: sumOfEach(errorOf(network)),
      scale: 1 / subPixels,
    },
    {
      name: "bitsPerDimBound",
      label: "bits/dim bound",
      decimals: 3,
      lowerIsBetter: true,
      node: boundOf(network),
      scale: bitsPerDim(1, subPixels),
      isDetail: true,
    },
  ];
}

function usageOf({ map, levels: node }: CodeNetwork): PooledFigure[] {
  return [
    {
      name: "perplexity",
      label: "perplexity of codes",
      decimals: 1,
      lowerIsBetter: false,
      node,
      pool: () => usagePool(map, (usage) => usage.perplexity()),
    },
    {
      name: "codesUsed",
      label: "of the codes used",
      decimals: 3,
      lowerIsBetter: false,
      node,
      pool: () => usagePool(map, (usage) => usage.share()),
    },
  ];
}

function encoder(config: NetworkConfig, batch: number): EncoderGraph {
  const { parts, picture, codes } = buildCodeNetwork(config, batch);
  return {
    parts,
    classes: undefined,
    picture,
    latents: [reshape(codes, [batch, sizeOf(codes.shape.slice(1))])],
  };
}

function decoder(config: NetworkConfig, batch: number): DecoderGraph {
  const { parts, given, made: node } = buildCodeNetwork(config, batch, "given");
  return { parts, classes: undefined, latents: [given!], output: { kind: "values", node } };
}
