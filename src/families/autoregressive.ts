import { bitsPerDim } from "../basics/units.ts";
import { pictureLength } from "../data/dataset.ts";
import { mean } from "../graph/language.ts";
import { adamW } from "../optim/optimizer.ts";
import { learningRate } from "../optim/schedule.ts";
import { explainNetwork } from "../programs/network-explanation.ts";
import { buildNetwork, type Network, type NetworkConfig } from "../programs/network.ts";
import { openNetworkSampler } from "../programs/sampler.ts";
import type { TracedFigure } from "../programs/trainable.ts";
import type { Family, OpenSampler, TrainingSettings } from "./family.ts";

/** The name of the one part. */
export const NETWORK = "network";

/**
 * Networks that tell the distribution of each sub-pixel given those before it, so that their product is the exact likelihood of
 * the picture: one part, whose loss is the mean of -log p. Only here networks have to be causal.
 */
export const autoregressive: Family = {
  name: "autoregressive",

  trainable(config, batch, settings) {
    const network = buildNetwork(config, batch, { dropout: settings.dropout });
    const { picture, classes, noise, declarations, nats } = network;
    const part = {
      name: NETWORK,
      declarations,
      // The mean over sub-pixels, not the sum: one learning rate and one clipping norm then suit pictures of any size.
      loss: mean(nats),
      optimizer: optimizerOf(settings),
      figures: figuresOf(network, config),
    };
    return { picture, classes, noise, parts: [part] };
  },

  evaluation(config, batch) {
    const network = buildNetwork(config, batch);
    return { ...withParts(network), figures: figuresOf(network, config), best: "nats" };
  },

  can: {
    sample: openSampler,
    complete: openSampler,
    score: { likelihood: "exact", trace: (config, batch) => withParts(buildNetwork(config, batch)) },
    explain: explainNetwork,
  },
};

/** The network with its parameters as one part. */
const withParts = (network: Network) => ({
  ...network,
  parts: [{ name: NETWORK, declarations: network.declarations }],
});

const figuresOf = ({ nats: node }: Network, { size }: NetworkConfig): TracedFigure[] => [
  { name: "nats", label: "nats", decimals: 2, lowerIsBetter: true, node, scale: 1 },
  {
    name: "bitsPerDim",
    label: "bits/dim",
    decimals: 3,
    lowerIsBetter: true,
    node,
    scale: bitsPerDim(1, pictureLength(size)),
  },
];

const optimizerOf = ({ lr, warmup, decay, steps, beta1, beta2, ...rest }: TrainingSettings) =>
  adamW({
    ...rest,
    ...(beta1 !== undefined && { beta1 }),
    ...(beta2 !== undefined && { beta2 }),
    rate: (step) => learningRate({ rate: lr, warmup, decay, steps }, step),
  });

function openSampler(...[{ config, weights }, options, threads]: Parameters<OpenSampler>) {
  return openNetworkSampler({ config, weights: weights[NETWORK]! }, options, threads);
}
