import { multiplyAdds } from "../src/graph/multiply-adds.ts";
import { buildNetwork, networkOf, type Network } from "../src/programs/network.ts";
import { gatedStack } from "./gated-stack.ts";

/** A network to be measured; the fields are the arguments of pytorch_train.py. */
export interface BenchNetwork {
  readonly network: "pixelcnn" | "gated";
  readonly width: number;
  readonly depth: number;
  readonly head: number;
  readonly levels: number;
  readonly size: number;
}

const PIXELCNN: BenchNetwork = { network: "pixelcnn", width: 32, depth: 7, head: 64, levels: 2, size: 28 };
export const GATED: BenchNetwork = { network: "gated", width: 64, depth: 5, head: 64, levels: 2, size: 28 };

/** What `bench -- train` compares: the shipped PixelCNN, and five blocks of Gated PixelCNN, both at 28 x 28. */
export const BENCH_NETWORKS: readonly BenchNetwork[] = [PIXELCNN, GATED];

/** The network for pictures of its own size, or of another number of rows and columns. */
export function build(
  { network, levels, size, ...sizes }: BenchNetwork,
  batch: number,
  { rows, cols } = { rows: size, cols: size },
): Network {
  const likelihood = levels === 2 ? "bernoulli" : "categorical";
  const picture = { channels: 1, rows, cols };
  return network === "pixelcnn"
    ? buildNetwork({ model: "pixelcnn", modelConfig: sizes, likelihood, levels, size: picture }, batch)
    : networkOf({ likelihood, levels, size: picture }, batch, gatedStack(sizes));
}

/** Multiply-adds of a network for one picture. */
export const multiplyAddsPerPicture = (bench: BenchNetwork): number => multiplyAdds([build(bench, 1).logits]);
