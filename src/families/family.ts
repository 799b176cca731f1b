import type { Model } from "../models/model.ts";
import type { GeneratorGraph } from "../programs/generator-sampler.ts";
import type { LatentMaps } from "../programs/latents.ts";
import type { NetworkConfig } from "../programs/network.ts";
import type { NetworkExplanation } from "../programs/network-explanation.ts";
import type { Observer } from "../programs/observer.ts";
import type { Place, Sampler, SamplerOptions } from "../programs/sampler.ts";
import type { ImportanceGraph, LikelihoodGraph } from "../programs/scorer.ts";
import type { CodeMap } from "./code-network.ts";
import type { Evaluation, PartVectors, Trainable } from "../programs/trainable.ts";
import type { OptimizerName, TrainingSettings } from "./optimizers.ts";

/** A trained model: the averaged weights of each of its parts. */
export interface TrainedModel {
  readonly config: NetworkConfig;
  readonly weights: PartVectors;
}

/** Opens what draws pictures with a model. @throws ARGUMENT if it cannot draw pictures of that size. */
export type OpenSampler = (model: TrainedModel, options: SamplerOptions, place: Place) => Sampler;

/** How a model tells the likelihood. */
export interface Scoring {
  readonly likelihood: "exact" | "bound";
  /**
   * What bounds it: the evidence lower bound, or -log P(codes) - log p(picture | codes) of the codes that a tokenizer
   * gives the picture.
   */
  readonly bound?: "elbo" | "codes";
  /**
   * @param isGiven Of models that can complete pictures: 1 for pixels that are given, [rows, cols]. The likelihood is that
   * of the others, as completions are drawn; that of given pixels is 1.
   */
  trace(network: NetworkConfig, batch: number, isGiven?: Uint8Array): LikelihoodGraph;
}

/** What a trained model can do. A capability that is missing is one that it does not have. */
export interface Capabilities {
  /** Draws new pictures. */
  readonly sample?: OpenSampler;
  /** Draws the missing pixels of pictures. */
  readonly complete?: OpenSampler;
  /** Makes pictures of random numbers, between which there is a way: from one picture to another. */
  readonly interpolate?: (network: NetworkConfig, batch: number) => GeneratorGraph;
  /** Turns pictures into latents, and latents into pictures. */
  readonly latents?: LatentMaps;
  /** What the codes are that its latents stand for: pictures of few levels, from -1 to 1. */
  readonly codes?: (network: NetworkConfig) => CodeMap;
  /** Computes how likely a picture is: exactly, or a bound. */
  readonly score?: Scoring;
  /** Computes importance weights of so many draws of the latents, by which the bound becomes tighter. */
  readonly importance?: (network: NetworkConfig, batch: number, samples: number) => ImportanceGraph;
  /** Draws or reads a picture, and tells the distribution of each of its sub-pixels. Browsers can do it too. */
  readonly observe?: (model: TrainedModel) => Observer;
  /** Says what a pixel sees, and what it takes to draw one. */
  readonly explain?: (network: NetworkConfig) => NetworkExplanation;
}

/**
 * A kind of model: what is trained, and what a trained model can do. It consists of graphs and of functions that make
 * them, and needs neither Node nor ONNX Runtime, so that browsers can draw.
 */
export interface Family {
  readonly name: Model["family"];
  /** Whether its networks give the logits of a likelihood, which configurations then name. */
  readonly hasLikelihood: boolean;
  /** The optimizer that is used if none is named: the one that trains its models best. */
  readonly optimizer: OptimizerName;
  /** Whether its networks can be told a field, or positions, which configurations then name. */
  readonly readsFields: boolean;
  /**
   * What is trained, for a batch size.
   *
   * @throws ARGUMENT or NOT_FOUND if the configuration asks for something that does not exist, CAUSALITY if a
   * prediction would depend on pixels that it must not depend on
   */
  trainable(network: NetworkConfig, batch: number, settings: TrainingSettings): Trainable;
  /** How a model is validated. @throws as `trainable`. */
  evaluation(network: NetworkConfig, batch: number): Evaluation;
  readonly can: Capabilities;
  /** Why it cannot do other things, as people say it. */
  readonly cannot?: { readonly [Task in keyof Capabilities]?: string };
}
