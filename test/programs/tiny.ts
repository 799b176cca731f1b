import { oneHot } from "../../src/data/classes.ts";
import type { Network, NetworkConfig } from "../../src/programs/network.ts";

/** Every model x likelihood that exists, at a width at which float64 is quick. */
export interface TinyNetwork {
  readonly name: string;
  readonly config: NetworkConfig;
}

const grey = (rows: number, cols: number) => ({ channels: 1, rows, cols });
const colour = (rows: number, cols: number) => ({ channels: 3, rows, cols });
/** Of neither rows nor columns a multiple of anything. */
const ODD = { greySize: grey(5, 6), colourSize: colour(3, 4) };

const MODELS = [
  { model: "pixelcnn", modelConfig: { width: 3, depth: 2, head: 6 }, ...ODD },
  { model: "gated-pixelcnn", modelConfig: { width: 3, depth: 2, kernel: 3, head: 6 }, ...ODD },
  {
    model: "pixelcnn-pp",
    modelConfig: { width: 3, layers: 1, resolutions: 3 },
    greySize: grey(8, 4),
    colourSize: colour(4, 4),
  },
  { model: "pixelsnail", modelConfig: { width: 4, blocks: 2, layers: 1, key: 3, value: 5 }, ...ODD },
  { model: "row-lstm", modelConfig: { width: 3, depth: 2, head: 6 }, ...ODD },
  { model: "diagonal-bilstm", modelConfig: { width: 3, depth: 2, head: 6 }, ...ODD },
] as const;
const classes = (count: number) =>
  Array.from({ length: count }, (_, k) => ({ name: `class ${k}`, pictures: k + 1 }));

/** Large enough that a pixel has neighbours on all sides, and pixels beyond the reach of one kernel. */
export const TINY_NETWORKS: readonly TinyNetwork[] = MODELS.flatMap(({ greySize, colourSize, ...model }) => [
  {
    name: `${model.model}, bernoulli`,
    config: { ...model, likelihood: "bernoulli" as const, levels: 2, size: greySize },
  },
  {
    name: `${model.model}, categorical`,
    config: { ...model, likelihood: "categorical" as const, levels: 4, size: greySize },
  },
  {
    name: `${model.model}, bernoulli, colour`,
    config: { ...model, likelihood: "bernoulli" as const, levels: 2, size: colourSize },
  },
  {
    name: `${model.model}, categorical, colour`,
    config: { ...model, likelihood: "categorical" as const, levels: 3, size: colourSize },
  },
  {
    name: `${model.model}, logistic mixture`,
    config: { ...model, likelihood: "logistic-mixture" as const, levels: 4, size: greySize },
  },
  {
    name: `${model.model}, logistic mixture, colour`,
    config: { ...model, likelihood: "logistic-mixture" as const, levels: 4, size: colourSize },
  },
  {
    name: `${model.model}, categorical, 3 classes`,
    config: {
      ...model,
      likelihood: "categorical" as const,
      levels: 4,
      size: greySize,
      classes: classes(3),
    },
  },
  {
    name: `${model.model}, bernoulli, colour, 2 classes`,
    config: {
      ...model,
      likelihood: "bernoulli" as const,
      levels: 2,
      size: colourSize,
      classes: classes(2),
    },
  },
]);

/** So small that all pictures can be listed: 2^9, 4^4 and 3^6 of them. */
export const COUNTABLE_NETWORKS: readonly TinyNetwork[] = MODELS.flatMap((model) => [
  {
    name: `${model.model}, 3x3 binary`,
    config: { ...model, likelihood: "bernoulli" as const, levels: 2, size: grey(3, 3) },
  },
  {
    name: `${model.model}, 2x2 with 4 levels`,
    config: { ...model, likelihood: "categorical" as const, levels: 4, size: grey(2, 2) },
  },
  {
    name: `${model.model}, 2x2 with 3 levels and 2 classes`,
    config: {
      ...model,
      likelihood: "categorical" as const,
      levels: 3,
      size: grey(2, 2),
      classes: classes(2),
    },
  },
  {
    name: `${model.model}, 2x1 RGB with 3 levels`,
    config: { ...model, likelihood: "categorical" as const, levels: 3, size: colour(1, 2) },
  },
  {
    name: `${model.model}, 2x2 with 4 levels, logistic mixture`,
    config: { ...model, likelihood: "logistic-mixture" as const, levels: 4, size: grey(2, 2) },
  },
  {
    name: `${model.model}, 2x1 RGB with 3 levels, logistic mixture`,
    config: { ...model, likelihood: "logistic-mixture" as const, levels: 3, size: colour(1, 2) },
  },
]);

/** Classes in turn of the pictures first .. first+count-1, as they are drawn; undefined of a network without classes. */
export const labelsInTurn = ({ classes: node }: Network, count: number, first = 0): Uint32Array | undefined =>
  node && Uint32Array.from({ length: count }, (_, i) => (first + i) % node.shape[1]!);

/** What a graph that is evaluated takes for classes. */
export const classFeeds = ({ classes: node }: Network, labels: ArrayLike<number> | undefined) =>
  node && labels ? { classes: oneHot(labels, node.shape[1]!) } : {};
