import { bitsPerDim } from "../basics/units.ts";
import { constant, mean } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { sizeOf } from "../graph/shapes.ts";
import { Scope } from "../nn/scope.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { openCoarseToFineSampler } from "../programs/coarse-to-fine.ts";
import { explainNetwork } from "../programs/network-explanation.ts";
import { NETWORK, type Network, type NetworkConfig, type NetworkOptions } from "../programs/network.ts";
import { openNetworkObserver } from "../programs/observer.ts";
import { openNetworkSampler } from "../programs/sampler.ts";
import { missing, stagesOf, traceStages, type TracedStages } from "../programs/stages.ts";
import type { GraphInputs, TracedFigure, Trainable } from "../programs/trainable.ts";
import type { Family, OpenSampler } from "./family.ts";
import { optimizerOf } from "./optimizers.ts";

/**
 * Networks that predict the distribution of each sub-pixel given those before it; the product is the exact likelihood
 * of the picture. They are one part, whose loss is the mean of -log p, or one for each size, coarse to fine. This is the
 * only family whose networks have to be causal.
 */
export const autoregressive: Family = {
  name: "autoregressive",
  hasLikelihood: true,
  optimizer: "muon",
  readsFields: true,

  trainable: (config, batch, settings) =>
    trainableOfStages(
      traceTraining(config, batch, { dropout: settings.dropout }),
      config,
      optimizerOf(settings),
    ),

  evaluation(config, batch) {
    const traced = traceTraining(config, batch);
    const isOne = traced.stages.length === 1;
    const ofStages = traced.stages.map(({ part, nats }) => ({
      ...natsFigure(nats, part.name),
      isDetail: true,
    }));
    const figures = [...figuresOf(traced.nats, config), ...(isOne ? [] : ofStages)];
    return { ...inputsOf(traced), parts: traced.parts, figures, best: "nats" };
  },

  can: {
    sample: openSampler,
    complete: openSampler,
    score: {
      likelihood: "exact",
      trace(config, batch, isGiven) {
        const { rows, cols } = config.size;
        const known =
          isGiven &&
          constant(
            isGiven.map((one) => (one === 0 ? 0 : 1)),
            [1, 1, rows, cols],
          );
        const traced = traceStages(config, batch, { known });
        return { ...inputsOf(traced), parts: traced.parts, nats: missing(traced.nats, known) };
      },
    },
    observe: ({ config, weights }) => openNetworkObserver({ config, weights: weights[NETWORK]! }),
    // Of several networks, that of the whole pictures, which takes the most.
    explain: (config) => explainNetwork(stagesOf(config).at(-1)!.config),
  },
};

/** All networks of a model as they are trained and validated: with pixels that are known at random, if it reads such. */
function traceTraining(config: NetworkConfig, batch: number, options: NetworkOptions = {}): TracedStages {
  const { size, field } = config;
  if (field?.kind !== "known") return traceStages(config, batch, options);
  const scope = Scope.root();
  const known = scope.noise("known", [batch, 1, size.rows, size.cols], "known");
  const traced = traceStages(config, batch, { ...options, known });
  return { ...traced, noise: [...scope.noiseInputs, ...traced.noise] };
}

const inputsOf = ({ picture, classes, noise }: GraphInputs) => ({ picture, classes, noise });

function trainableOfStages(
  traced: Pick<TracedStages, "picture" | "classes" | "noise" | "stages">,
  config: Pick<NetworkConfig, "field">,
  optimizer: Optimizer,
): Trainable {
  const isOne = traced.stages.length === 1;
  const parts = traced.stages.map(({ part, nats }) => ({
    ...part,
    // The mean over sub-pixels, not the sum: one learning rate and one clipping norm then suit pictures of any size.
    loss: mean(nats),
    optimizer,
    figures: isOne ? figuresOf(nats, config) : [natsFigure(nats, part.name)],
  }));
  return { ...inputsOf(traced), parts };
}

/** A network that is conditioned on no field as what is trained. */
export const trainableOf = ({ parts: [part], nats, ...inputs }: Network, optimizer: Optimizer): Trainable =>
  trainableOfStages({ ...inputs, stages: [{ part, nats }] }, {}, optimizer);

const NATS = { name: "nats", label: "nats", decimals: 2, lowerIsBetter: true, scale: 1 } as const;

/** What is told of the nats of a model, all or those of missing pixels. */
function figuresOf(node: Node, { field }: Pick<NetworkConfig, "field"> = {}): TracedFigure[] {
  // How many dimensions are missing is another number for each picture.
  if (field?.kind === "known") return [{ ...NATS, label: "nats of missing pixels", node }];
  const scale = bitsPerDim(1, sizeOf(node.shape.slice(1)));
  const bits = { name: "bitsPerDim", label: "bits/dim", decimals: 3, lowerIsBetter: true, node, scale };
  return [{ ...NATS, node }, bits];
}

/** The same of one of several parts. */
const natsFigure = (node: Node, part: string): TracedFigure => ({
  ...NATS,
  name: `nats.${part}`,
  label: `nats of ${part}`,
  node,
});

function openSampler(...[{ config, weights }, options, place]: Parameters<OpenSampler>) {
  return config.field?.kind === "coarse"
    ? openCoarseToFineSampler({ config, weights }, options, place)
    : openNetworkSampler({ config, weights: weights[NETWORK]! }, options, place);
}
