import type { NetworkConfig } from "../../src/programs/network.ts";

/** Every model x likelihood that exists, at a width at which float64 is quick. */
export interface TinyNetwork {
  readonly name: string;
  readonly config: NetworkConfig;
}

const pixelcnn = { model: "pixelcnn", modelConfig: { width: 3, depth: 2, head: 6 } };
const grey = (rows: number, cols: number) => ({ channels: 1, rows, cols });
const colour = (rows: number, cols: number) => ({ channels: 3, rows, cols });

/** Large enough that a pixel has neighbours on all sides, and pixels beyond the reach of one kernel. */
export const TINY_NETWORKS: readonly TinyNetwork[] = [
  {
    name: "pixelcnn, bernoulli",
    config: { ...pixelcnn, likelihood: "bernoulli", levels: 2, size: grey(5, 6) },
  },
  {
    name: "pixelcnn, categorical",
    config: { ...pixelcnn, likelihood: "categorical", levels: 4, size: grey(5, 6) },
  },
  {
    name: "pixelcnn, bernoulli, colour",
    config: { ...pixelcnn, likelihood: "bernoulli", levels: 2, size: colour(3, 4) },
  },
  {
    name: "pixelcnn, categorical, colour",
    config: { ...pixelcnn, likelihood: "categorical", levels: 3, size: colour(3, 4) },
  },
];

/** So small that all pictures can be listed: 2^9, 4^4 and 3^6 of them. */
export const COUNTABLE_NETWORKS: readonly TinyNetwork[] = [
  { name: "3x3 binary", config: { ...pixelcnn, likelihood: "bernoulli", levels: 2, size: grey(3, 3) } },
  {
    name: "2x2 with 4 levels",
    config: { ...pixelcnn, likelihood: "categorical", levels: 4, size: grey(2, 2) },
  },
  {
    name: "2x1 RGB with 3 levels",
    config: { ...pixelcnn, likelihood: "categorical", levels: 3, size: colour(1, 2) },
  },
];
