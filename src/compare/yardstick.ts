import { Opened } from "../basics/opened.ts";
import { permutation, Purpose } from "../basics/philox.ts";
import { classesOf } from "../data/classes.ts";
import { pictureLength, type Dataset, type PictureSize } from "../data/dataset.ts";
import type { Classifier } from "./classifier.ts";
import { sharesOf } from "./histogram.ts";
import { openJudge, type Judge } from "./judge.ts";
import { median, nearestTraining } from "./nearest-training.ts";
import { openDotProducts, type DotProductOptions, type DotProducts, type Points } from "./points.ts";

/**
 * Training pictures among which the nearest one is looked for, and the bytes that they may take; of more, so many are
 * chosen at random.
 */
const MOST_SEARCHED = 60_000;
const MOST_SEARCHED_BYTES = 2 ** 28;
/** Pictures on each side of a comparison of features, as Naeem et al. 2020 have it. */
export const MOST_COMPARED = 10_000;

/** Pictures, levels [count, channels, rows, cols], as points. */
export const asPoints = (pictures: Uint8Array, length: number): Points => ({
  values: pictures,
  count: pictures.length / length,
  length,
});

/** Training pictures among which the nearest ones are looked for. */
export interface Searched {
  readonly pictures: Points;
  /** The median distance of held-out pictures to the nearest of them. */
  readonly heldOutDistance: number;
}

/** What all rows of a comparison are measured by. */
export interface Yardstick {
  readonly size: PictureSize;
  readonly levels: number;
  readonly judge: Judge;
  /** Features of one half of the training pictures, or of so many of it. */
  readonly reference: Points;
  /** The share of each class among the training pictures; undefined without labels. */
  readonly shares: readonly number[] | undefined;
  readonly featureProducts: DotProducts;
  readonly levelProducts: DotProducts;
  readonly training: Searched;
  /** The control rows before they are measured. */
  readonly controls: {
    /** The half of which `reference` is, for the other half to be measured by. */
    readonly half: Searched;
    readonly otherHalf: Uint8Array;
    readonly heldOut: Uint8Array;
  };
  close(): Promise<void>;
}

export interface YardstickOptions extends DotProductOptions {
  readonly samples: number;
  readonly seed: number;
  /** Of how many pictures one consists: see `openJudge`. */
  readonly members: number;
  /** The training pictures that stacks are made of, or the training pictures. */
  readonly unstacked: Dataset;
}

/** Opens what rows are measured by. */
export async function openYardstick(
  classifier: Classifier,
  { train, valid }: { readonly train: Dataset; readonly valid: Dataset },
  { samples, seed, members, unstacked, ...options }: YardstickOptions,
): Promise<Yardstick> {
  const { size, levels } = train;
  const length = pictureLength(size);
  const order = permutation(train.count, seed, Purpose.split, 1);
  const compared = Math.min(samples, Math.floor(train.count / 2), MOST_COMPARED);
  const half = await train.read(order.subarray(0, compared));
  const otherHalf = await train.read(order.subarray(compared, 2 * compared));
  const searched = await train.read(
    order.subarray(0, Math.min(MOST_SEARCHED, Math.floor(MOST_SEARCHED_BYTES / length))),
  );
  const held = permutation(valid.count, seed, Purpose.split, 1).subarray(0, samples);
  const heldOut = await valid.read(held);

  const opened = new Opened();
  try {
    const judge = await opened.add(openJudge(classifier, members, options));
    const scaled = scaledJudge(judge, (await judge.of(half)).features);
    const featureProducts = await opened.add(openDotProducts(judge.features, options));
    const levelProducts = await opened.add(openDotProducts(length, options));
    const searchedBy = async (pictures: Points): Promise<Searched> => {
      const of = asPoints(heldOut, length);
      const { distances } = await nearestTraining(levelProducts, of, pictures, levels);
      return { pictures, heldOutDistance: median(distances) };
    };
    return {
      size,
      levels,
      judge: scaled,
      reference: (await scaled.of(half)).features,
      shares: unstacked.labels && sharesOfStacks(unstacked, members),
      featureProducts,
      levelProducts,
      training: await searchedBy(asPoints(searched, length)),
      controls: { half: await searchedBy(asPoints(half, length)), otherHalf, heldOut },
      close: () => opened.close(),
    };
  } catch (cause) {
    await opened.close();
    throw cause;
  }
}

/** Features scaled such that the mean square of these ones is 1: the kernel distance depends on their size. */
function scaledJudge(judge: Judge, { values }: Points): Judge {
  let squares = 0;
  for (const value of values) squares += value ** 2;
  const scale = squares === 0 ? 1 : 1 / Math.sqrt(squares / values.length);
  return {
    ...judge,
    async of(pictures) {
      const { features, classes } = await judge.of(pictures);
      return {
        features: { ...features, values: Float32Array.from(features.values, (x) => x * scale) },
        classes,
      };
    },
  };
}

/** The share of each class, or of each combination of classes: members of a stack are drawn independently. */
function sharesOfStacks(pictures: Dataset, members: number): number[] {
  const shares = sharesOf(classesOf(pictures).map((one) => one.pictures));
  let all = [1];
  for (let i = 0; i < members; i++) all = all.flatMap((share) => shares.map((other) => share * other));
  return all;
}
