import { oneHot } from "../../src/data/classes.ts";
import type { PictureSize } from "../../src/data/dataset.ts";
import type { Network, NetworkConfig } from "../../src/programs/network.ts";

/** Every model x likelihood that exists, at a width at which float64 is quick. */
export interface TinyNetwork {
  readonly name: string;
  readonly config: NetworkConfig;
}

const grey = (rows: number, cols: number) => ({ channels: 1, rows, cols });
const colour = (rows: number, cols: number) => ({ channels: 3, rows, cols });
/** For networks that take pictures of any size. The last three are so small that all pictures can be listed. */
const ANY_SIZE = {
  greySize: grey(5, 6),
  colourSize: colour(3, 4),
  countable: { binary: grey(3, 3), colour: colour(1, 2), colourLevels: 3 },
};

const MODELS = [
  { model: "pixelcnn", modelConfig: { width: 3, depth: 2, head: 6 }, ...ANY_SIZE },
  { model: "gated-pixelcnn", modelConfig: { width: 3, depth: 2, kernel: 3, head: 6 }, ...ANY_SIZE },
  {
    model: "pixelcnn-pp",
    modelConfig: { width: 3, layers: 1, resolutions: 3 },
    greySize: grey(8, 4),
    colourSize: colour(4, 4),
    countable: { binary: grey(4, 2), colour: colour(2, 2), colourLevels: 2 },
    countableConfig: { width: 3, layers: 1, resolutions: 2 },
  },
  {
    model: "pixelsnail",
    modelConfig: { width: 4, blocks: 2, layers: 1, key: 3, value: 5 },
    knowsPositions: true,
    ...ANY_SIZE,
  },
  { model: "row-lstm", modelConfig: { width: 3, depth: 2, head: 6 }, ...ANY_SIZE },
  { model: "diagonal-bilstm", modelConfig: { width: 3, depth: 2, head: 6 }, ...ANY_SIZE },
] as const;
const classes = (count: number) =>
  Array.from({ length: count }, (_, k) => ({ name: `class ${k}`, pictures: k + 1 }));

/** Large enough that a pixel has neighbours on all sides, and pixels beyond the reach of one kernel. */
export const TINY_NETWORKS: readonly TinyNetwork[] = MODELS.flatMap(
  ({ model: name, modelConfig, greySize, colourSize, ...other }) => {
    const model = { model: name, modelConfig };
    const told = { ...model, positions: true };
    return [
      {
        name: `${name}, bernoulli`,
        config: { ...model, likelihood: "bernoulli" as const, levels: 2, size: greySize },
      },
      {
        name: `${name}, categorical`,
        config: { ...model, likelihood: "categorical" as const, levels: 4, size: greySize },
      },
      {
        name: `${name}, bernoulli, colour`,
        config: { ...model, likelihood: "bernoulli" as const, levels: 2, size: colourSize },
      },
      {
        name: `${name}, categorical, colour`,
        config: { ...model, likelihood: "categorical" as const, levels: 3, size: colourSize },
      },
      {
        name: `${name}, logistic mixture`,
        config: { ...model, likelihood: "logistic-mixture" as const, levels: 4, size: greySize },
      },
      {
        name: `${name}, logistic mixture, colour`,
        config: { ...model, likelihood: "logistic-mixture" as const, levels: 4, size: colourSize },
      },
      {
        name: `${name}, logistic mixture, colour, differences`,
        config: {
          ...model,
          likelihood: "logistic-mixture" as const,
          levels: 4,
          size: colourSize,
          differences: true,
        },
      },
      {
        name: `${name}, categorical, 3 classes`,
        config: {
          ...model,
          likelihood: "categorical" as const,
          levels: 4,
          size: greySize,
          classes: classes(3),
        },
      },
      {
        name: `${name}, bernoulli, colour, 2 classes`,
        config: {
          ...model,
          likelihood: "bernoulli" as const,
          levels: 2,
          size: colourSize,
          classes: classes(2),
        },
      },
      ...("knowsPositions" in other
        ? []
        : [
            {
              name: `${name}, bernoulli, positions`,
              config: { ...told, likelihood: "bernoulli" as const, levels: 2, size: greySize },
            },
            {
              name: `${name}, categorical, colour, 2 classes, positions`,
              config: {
                ...told,
                likelihood: "categorical" as const,
                levels: 3,
                size: colourSize,
                classes: classes(2),
              },
            },
            {
              name: `${name}, logistic mixture, colour, positions`,
              config: { ...told, likelihood: "logistic-mixture" as const, levels: 4, size: colourSize },
            },
          ]),
    ];
  },
);

/** Every model, conditioned on what pixels of a picture are known. */
export const FIELD_NETWORKS: readonly TinyNetwork[] = MODELS.flatMap(
  ({ model, modelConfig, greySize, colourSize, ...other }) => {
    const field = { kind: "known", width: 3, depth: 2 } as const;
    const network = { model, modelConfig, likelihood: "categorical", levels: 3, field } as const;
    return [
      { name: `${model}, known pixels`, config: { ...network, size: greySize } },
      {
        name: `${model}, known pixels and 2 classes, colour`,
        config: { ...network, size: colourSize, classes: classes(2) },
      },
      ...("knowsPositions" in other
        ? []
        : [
            {
              name: `${model}, known pixels and positions`,
              config: { ...network, size: greySize, positions: true },
            },
          ]),
    ];
  },
);

/** So small that all pictures can be listed: 2^8 to 2^12 of them. */
export const COUNTABLE_NETWORKS: readonly TinyNetwork[] = MODELS.flatMap(
  ({ model: name, modelConfig, countable, ...other }) => {
    const { binary, colour, colourLevels } = countable;
    const model = {
      model: name,
      modelConfig: "countableConfig" in other ? other.countableConfig : modelConfig,
    };
    const sizeName = ({ rows, cols }: PictureSize) => `${cols}x${rows}`;
    return [
      {
        name: `${name}, ${sizeName(binary)} binary`,
        config: { ...model, likelihood: "bernoulli" as const, levels: 2, size: binary },
      },
      {
        name: `${name}, 2x2 with 4 levels`,
        config: { ...model, likelihood: "categorical" as const, levels: 4, size: grey(2, 2) },
      },
      {
        name: `${name}, 2x2 with 3 levels and 2 classes`,
        config: {
          ...model,
          likelihood: "categorical" as const,
          levels: 3,
          size: grey(2, 2),
          classes: classes(2),
        },
      },
      {
        name: `${name}, ${sizeName(colour)} RGB with ${colourLevels} levels`,
        config: { ...model, likelihood: "categorical" as const, levels: colourLevels, size: colour },
      },
      {
        name: `${name}, 2x2 with 4 levels, logistic mixture`,
        config: { ...model, likelihood: "logistic-mixture" as const, levels: 4, size: grey(2, 2) },
      },
      {
        name: `${name}, ${sizeName(colour)} RGB with ${colourLevels} levels, logistic mixture`,
        config: { ...model, likelihood: "logistic-mixture" as const, levels: colourLevels, size: colour },
      },
      {
        name: `${name}, 2x2 with 4 levels, logistic mixture, differences`,
        config: {
          ...model,
          likelihood: "logistic-mixture" as const,
          levels: 4,
          size: grey(2, 2),
          differences: true,
        },
      },
      ...("knowsPositions" in other
        ? []
        : [
            {
              name: `${name}, ${sizeName(colour)} RGB with ${colourLevels} levels and positions`,
              config: {
                ...model,
                positions: true,
                likelihood: "categorical" as const,
                levels: colourLevels,
                size: colour,
              },
            },
          ]),
    ];
  },
);

/**
 * Classes in turn of the pictures first .. first+count-1, as they are drawn; undefined of a network without classes.
 */
export const labelsInTurn = (
  { classes: node }: Pick<Network, "classes">,
  count: number,
  first = 0,
): Uint32Array | undefined =>
  node && Uint32Array.from({ length: count }, (_, i) => (first + i) % node.shape[1]!);

/** What a graph that is evaluated takes for classes. */
export const classFeeds = (
  { classes: node }: Pick<Network, "classes">,
  labels: ArrayLike<number> | undefined,
) => (node && labels ? { classes: oneHot(labels, node.shape[1]!) } : {});
