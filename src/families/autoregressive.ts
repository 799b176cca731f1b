import { bitsPerDim } from "../basics/units.ts";
import { mean } from "../graph/language.ts";
import { sizeOf } from "../graph/shapes.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { explainNetwork } from "../programs/network-explanation.ts";
import { buildNetwork, NETWORK, type Network } from "../programs/network.ts";
import { openNetworkObserver } from "../programs/observer.ts";
import { openNetworkSampler } from "../programs/sampler.ts";
import type { TracedFigure, Trainable } from "../programs/trainable.ts";
import type { Family, OpenSampler } from "./family.ts";
import { optimizerOf } from "./optimizers.ts";

/**
 * Networks that predict the distribution of each sub-pixel given those before it; the product is the exact likelihood
 * of the picture. They are one part, whose loss is the mean of -log p. This is the only family whose networks have to
 * be causal.
 */
export const autoregressive: Family = {
  name: "autoregressive",
  hasLikelihood: true,

  trainable: (config, batch, settings) =>
    trainableOf(buildNetwork(config, batch, { dropout: settings.dropout }), optimizerOf(settings)),

  evaluation(config, batch) {
    const network = buildNetwork(config, batch);
    return { ...network, figures: figuresOf(network), best: "nats" };
  },

  can: {
    sample: openSampler,
    complete: openSampler,
    score: { likelihood: "exact", trace: (config, batch) => buildNetwork(config, batch) },
    observe: ({ config, weights }) => openNetworkObserver({ config, weights: weights[NETWORK]! }),
    explain: explainNetwork,
  },
};

/** A network as what is trained. */
export const trainableOf = (network: Network, optimizer: Optimizer): Trainable => {
  const { picture, classes, noise, parts, nats } = network;
  // The mean over sub-pixels, not the sum: one learning rate and one clipping norm then suit pictures of any size.
  const part = { ...parts[0], loss: mean(nats), optimizer, figures: figuresOf(network) };
  return { picture, classes, noise, parts: [part] };
};

const figuresOf = ({ nats: node, picture }: Network): TracedFigure[] => [
  { name: "nats", label: "nats", decimals: 2, lowerIsBetter: true, node, scale: 1 },
  {
    name: "bitsPerDim",
    label: "bits/dim",
    decimals: 3,
    lowerIsBetter: true,
    node,
    scale: bitsPerDim(1, sizeOf(picture.shape.slice(1))),
  },
];

function openSampler(...[{ config, weights }, options, place]: Parameters<OpenSampler>) {
  return openNetworkSampler({ config, weights: weights[NETWORK]! }, options, place);
}
