import { bitsPerDim } from "../basics/units.ts";
import { add, div, input, maximum, mean, mul, reshape, sub, sum } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { sizeOf } from "../graph/shapes.ts";
import { settingsOf } from "../models/by-name.ts";
import { openGeneratorSampler, type GeneratorGraph } from "../programs/generator-sampler.ts";
import type { DecoderGraph, EncoderGraph } from "../programs/latents.ts";
import { refuseDropout, type NetworkConfig } from "../programs/network.ts";
import type { ScheduledInput, TracedFigure, Trainable } from "../programs/trainable.ts";
import type { Family } from "./family.ts";
import { optimizerOf, type TrainingSettings } from "./optimizers.ts";
import { sumOfEach } from "./sum-of-each.ts";
import { buildVariational, klOf, logRatioOf, type VariationalNetwork } from "./variational-network.ts";

/**
 * Latent variable models p(x) = integral of p(x | z) p(z), trained by the evidence lower bound (Kingma, Welling
 * 2014): one part, whose loss is -ELBO = E_q[-log p(x | z)] + KL(q(z | x) || p(z)), a bound of -log p(x) from
 * above.
 */
export const vae: Family = {
  name: "vae",
  hasLikelihood: true,
  optimizer: "muon",
  readsFields: false,

  trainable(config, batch, settings) {
    refuseDropout(config, settings);
    const network = buildVariational(config, batch, "posterior");
    const figures = figuresOf(network);
    const { loss, schedules } = lossOf(network, config, settings);
    const { picture, classes, noise, parts } = network;
    const part = { ...parts[0], loss, optimizer: optimizerOf(settings), figures };
    return { picture, classes, noise, schedules, parts: [part] } satisfies Trainable;
  },

  evaluation(config, batch) {
    const network = buildVariational(config, batch, "posterior");
    return { ...network, figures: figuresOf(network), best: "negativeElbo" };
  },

  can: {
    sample: (model, options, place) => openGeneratorSampler(generator, model, options, place),
    interpolate: generator,
    latents: { encoder, decoder },
    score: {
      likelihood: "bound",
      bound: "elbo",
      trace(config, batch) {
        const network = buildVariational(config, batch, "posterior");
        return { ...network, nats: negativeElbo(network) };
      },
    },
    importance(config, batch, samples) {
      const network = buildVariational(config, batch, "posterior", samples);
      return { ...network, samples, logWeights: logWeightOf(network) };
    },
  },
  cannot: { observe: "all pixels are made at once, by a network that browsers do not run" },
};

function generator(config: NetworkConfig, batch: number): GeneratorGraph {
  const { parts, classes, noise, logits: node, likelihood } = buildVariational(config, batch, "prior");
  return { parts, classes, noise, output: { kind: "logits", node, likelihood } };
}

function encoder(config: NetworkConfig, batch: number): EncoderGraph {
  const { parts, classes, picture, groups } = buildVariational(config, batch, "posterior mean");
  return { parts, classes, picture, latents: groups.map(({ z }) => flat(z)) };
}

function decoder(config: NetworkConfig, batch: number): DecoderGraph {
  const network = buildVariational(config, batch, "given");
  const { parts, classes, groups, logits: node, likelihood } = network;
  return {
    parts,
    classes,
    latents: groups.map(({ given }) => given!),
    output: { kind: "logits", node, likelihood },
  };
}

/** Each entry of a batch as one row. */
const flat = (x: Node): Node => reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]);

const total = (nodes: readonly Node[]): Node => nodes.reduce((a, b) => add(a, b));

const reconstructionOf = ({ nats }: VariationalNetwork): Node => sumOfEach(nats);

/** -ELBO of each picture with one draw of its latents, in nats: [batch, 1, 1, 1]. */
const negativeElbo = (network: VariationalNetwork): Node =>
  add(reconstructionOf(network), total(network.groups.map(klOf)));

/** log p(x, z) / q(z | x) of each draw of the latents, in nats: [batch * samples, 1, 1, 1]. */
const logWeightOf = (network: VariationalNetwork): Node =>
  sub(total(network.groups.map(logRatioOf)), reconstructionOf(network));

function figuresOf(network: VariationalNetwork): TracedFigure[] {
  const klOfEach = network.groups.map(klOf);
  const [reconstruction, kl] = [reconstructionOf(network), total(klOfEach)];
  const bound = add(reconstruction, kl);
  const nats = { decimals: 2, lowerIsBetter: true, scale: 1 };
  // A group whose divergence stays at 0 is one that the decoder does not listen to.
  const ofGroups =
    network.groups.length === 1
      ? []
      : network.groups.map((group, i) => ({
          ...nats,
          name: `kl.${group.name}`,
          label: `nats KL of latents ${group.name}`,
          node: klOfEach[i]!,
          isDetail: true,
        }));
  return [
    { ...nats, name: "negativeElbo", label: "nats -ELBO", node: bound },
    { ...nats, name: "reconstruction", label: "nats reconstruction", node: reconstruction },
    { ...nats, name: "kl", label: "nats KL", node: kl },
    ...ofGroups,
    {
      name: "bitsPerDimBound",
      label: "bits/dim bound",
      decimals: 3,
      lowerIsBetter: true,
      node: bound,
      scale: bitsPerDim(1, sizeOf(network.picture.shape.slice(1))),
    },
  ];
}

/**
 * What is minimised: the mean of -ELBO over pictures, with the settings' weight of the KL divergence and what of it
 * is free, divided by the number of sub-pixels, as the losses of other families are: learning rates and clipping
 * norms then mean the same.
 */
function lossOf(
  network: VariationalNetwork,
  config: NetworkConfig,
  { steps }: Pick<TrainingSettings, "steps">,
): { readonly loss: Node; readonly schedules: readonly ScheduledInput[] } {
  const { beta, klWarmup, freeBits } = settingsOf(config.model, config.settings) as Record<string, number>;
  const costs = network.groups.map((group) => {
    const kl = mean(klOf(group));
    return freeBits! > 0 ? maximum(kl, freeBits!) : kl;
  });
  const warmup = klWarmup! * steps;
  const weight = warmup > 0 ? input("weight of KL", [1, 1, 1, 1]) : undefined;
  const cost = mul(weight ?? beta!, total(costs));
  const loss = div(add(mean(reconstructionOf(network)), cost), sizeOf(network.picture.shape.slice(1)));
  const at = (step: number) => beta! * Math.min(1, step / warmup);
  return { loss: sum(loss), schedules: weight ? [{ node: weight, at }] : [] };
}
