import { sizesIn } from "../src/cli/network-options.ts";
import { trainableOf } from "../src/families/autoregressive.ts";
import { familyOf } from "../src/families/by-name.ts";
import type { TrainingSettings } from "../src/families/optimizers.ts";
import { sizeOf } from "../src/graph/shapes.ts";
import { defaultLikelihood } from "../src/likelihood/by-name.ts";
import { modelByName, sizesOf } from "../src/models/by-name.ts";
import type { ModelConfig } from "../src/models/model.ts";
import {
  buildNetwork,
  likelihoodOf,
  networkOf,
  type Network,
  type NetworkConfig,
} from "../src/programs/network.ts";
import type { Trainable } from "../src/programs/trainable.ts";
import { adamW } from "../src/optim/optimizer.ts";
import { gatedStack } from "./gated-stack.ts";

/** How networks are trained while a step is measured; the two say the same. */
export const OPTIMIZER = adamW({ rate: 1e-3, clip: 1, ema: 0.999 });
const SETTINGS: TrainingSettings = { lr: 1e-3, warmup: 0, decay: 1, steps: 1e6, clip: 1, ema: 0.999 };

/** A network to be measured, on square pictures; as JSON, the argument of contestants of both sides. */
export interface BenchNetwork {
  /** A model's, or "gated-stack" (see `gatedStack`). */
  readonly name: string;
  readonly sizes: ModelConfig;
  readonly levels: number;
  readonly size: number;
  readonly channels: number;
}

const GATED_SIZES = { width: 64, depth: 5, head: 64 };
export const GATED: BenchNetwork = {
  name: "gated-stack",
  sizes: GATED_SIZES,
  levels: 2,
  size: 28,
  channels: 1,
};

/**
 * A model, on pictures of 28 x 28: binary ones, but of a GAN, which makes grey ones; a tokenizer on colour pictures of
 * 64 x 64. It is as it comes, or has sizes of its own: "gated-pixelcnn:kernel=5,width=16". NOT_FOUND error if there is
 * none of that name, ARGUMENT error if it has no such size.
 */
export function family(text: string): BenchNetwork {
  const [name, given] = text.split(":") as [string, string?];
  const sizes = sizesOf(name, given === undefined ? {} : sizesIn("--model")(given));
  const { family } = modelByName(name);
  if (family === "tokenizer") return { name, sizes, levels: 256, size: 64, channels: 3 };
  return { name, sizes, levels: family === "gan" ? 256 : 2, size: 28, channels: 1 };
}

/** A network beside others: its name, and the sizes that are not as they come. */
export const titleOf = ({ name, sizes }: BenchNetwork): string => {
  const { defaults } = modelByName(name);
  const changed = Object.entries(sizes).filter(([size, value]) => value !== defaults[size]);
  return [name, ...inWords(Object.fromEntries(changed))].join(", ");
};

/** As "width 32". */
export const inWords = (sizes: ModelConfig): string[] =>
  Object.entries(sizes).map(([size, value]) => `${size} ${value}`);

/** What `bench -- train` compares: the shipped PixelCNN, and five blocks of Gated PixelCNN, both at 28 x 28. */
export const BENCH_NETWORKS: readonly BenchNetwork[] = [family("pixelcnn"), GATED];

/** The configuration of a model's network. */
export const configOf = ({ name, sizes, levels, size, channels }: BenchNetwork): NetworkConfig => ({
  model: name,
  modelConfig: sizes,
  // The gated stack is no model of ours, and so has no family that could be asked.
  likelihood:
    name === GATED.name || familyOf({ model: name }).hasLikelihood ? defaultLikelihood(levels) : undefined,
  levels,
  size: { channels, rows: size, cols: size },
});

/** The network for pictures of its own size, or of another number of rows and columns. */
export function build(
  network: BenchNetwork,
  batch: number,
  { rows, cols } = { rows: network.size, cols: network.size },
): Network {
  const base = configOf(network);
  const config = { ...base, size: { ...base.size, rows, cols } };
  return network.name === GATED.name
    ? networkOf(
        { ...config, likelihood: likelihoodOf(config) },
        batch,
        gatedStack(network.sizes as typeof GATED_SIZES),
      )
    : buildNetwork(config, batch);
}

/** What is trained, for a number of pictures. */
export const trainable = (network: BenchNetwork, pictures: number): Trainable =>
  network.name === GATED.name
    ? trainableOf(build(network, pictures), OPTIMIZER)
    : familyOf({ model: network.name }).trainable(configOf(network), pictures, SETTINGS);

/** As a user would tell it: "pixelcnn, width 32, depth 7, head 64, 28x28". */
export const describe = ({ name, sizes, size }: BenchNetwork): string =>
  [name, ...inWords(sizes), `${size}x${size}`].join(", ");

/** Multiply-adds of a network's convolutions: each weight is used once for every pixel. */
export function multiplyAddsPerPicture(bench: BenchNetwork): number {
  const kernels = build(bench, 1).declarations.filter(({ name }) => name.endsWith("weight"));
  return bench.size ** 2 * kernels.reduce((total, { shape }) => total + sizeOf(shape), 0);
}
