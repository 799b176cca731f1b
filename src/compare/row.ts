import { dequantise } from "../data/quantise.ts";
import { pictureLength } from "../data/dataset.ts";
import { pictureGrid } from "../pictures/grid.ts";
import { encodePng } from "../pictures/png.ts";
import { densityAndCoverage } from "./density-coverage.ts";
import { shareOfDuplicates } from "./duplicates.ts";
import { covered, histogram, klToData, occurring } from "./histogram.ts";
import { kernelDistance } from "./kernel-distance.ts";
import { median, nearestTraining, type NearestTraining } from "./nearest-training.ts";
import { firstOf, type Points } from "./points.ts";
import { precisionAndRecall } from "./precision-recall.ts";
import type { ComparedRow, ComparedValue, NearestPair } from "./report.ts";
import { twoSampleAccuracy } from "./two-sample.ts";
import { asPoints, type Searched, type Yardstick } from "./yardstick.ts";

type Values = Readonly<Record<string, ComparedValue>>;

/** What pictures tell of a row, whatever drew them. */
export type MeasuredPictures = Pick<ComparedRow, "values" | "grid" | "classes" | "nearest" | "distances">;

const PICTURES_IN_GRID = 64;
const NEAREST_PAIRS = 8;
const MOST_DISTANCES = 1000;

/**
 * Measures pictures, levels [count, channels, rows, cols]; the nearest training pictures are looked for in `searched`.
 */
export async function measurePictures(
  yardstick: Yardstick,
  pictures: Uint8Array,
  searched: Searched = yardstick.training,
): Promise<MeasuredPictures> {
  const { judge, size, levels, shares } = yardstick;
  const points = asPoints(pictures, pictureLength(size));
  const { features, classes } = await judge.of(pictures);
  const counts = classes && shares && histogram(classes, shares.length);
  const found = await nearestTraining(yardstick.levelProducts, points, searched.pictures, levels);
  const shown = pictures.subarray(0, PICTURES_IN_GRID * points.length);
  return {
    values: {
      ...classValues(counts, shares, points.count),
      ...(await featureValues(yardstick, features)),
      duplicates: { value: 100 * shareOfDuplicates(pictures, points.length) },
      nearestRatio: ratioOf(found, searched),
      copies: { value: (100 * found.distances.filter((distance) => distance === 0).length) / points.count },
    },
    grid: pngOf(yardstick, shown, 8),
    classes: counts ?? null,
    nearest: pairsOf(yardstick, points, searched.pictures, found),
    distances: evenly(found.distances.slice().sort(), MOST_DISTANCES),
  };
}

/** Fewer pictures have too few neighbours to say how they are distributed. */
export const LEAST_COMPARED = 100;
/** Pictures for each class on average, below which the floor of the KL divergence is not the one that is told. */
export const LEAST_PER_CLASS = 5;

function classValues(
  counts: readonly number[] | undefined,
  shares: readonly number[] | undefined,
  count: number,
): Values {
  const both = (value: ComparedValue): Values => ({ covered: value, kl: value });
  if (!counts || !shares) return both({ missing: "the data have no labels" });
  const least = LEAST_PER_CLASS * occurring(shares);
  if (count < least)
    return both({
      missing: `${occurring(shares)} classes need at least ${least} pictures, and there are ${count}`,
    });
  const kl = klToData(counts, shares);
  return {
    covered: { value: covered(counts, shares) },
    kl: Number.isFinite(kl)
      ? { value: kl }
      : { missing: "a class was drawn that the training pictures do not have" },
  };
}

/** As many pictures are compared with as many of the training pictures: what is ideal depends on both numbers. */
async function featureValues(
  { featureProducts: products, reference }: Yardstick,
  features: Points,
): Promise<Values> {
  const count = Math.min(reference.count, features.count);
  if (count < LEAST_COMPARED) {
    const missing = `fewer than ${LEAST_COMPARED} pictures to compare: ${count}`;
    const names = ["precision", "recall", "density", "coverage", "kernelDistance", "twoSample"];
    return Object.fromEntries(names.map((name) => [name, { missing }]));
  }
  const [real, generated] = [firstOf(reference, count), firstOf(features, count)];
  const values = {
    ...(await precisionAndRecall(products, real, generated)),
    ...(await densityAndCoverage(products, real, generated)),
    kernelDistance: await kernelDistance(products, real, generated),
    twoSample: 100 * (await twoSampleAccuracy(products, real, generated)),
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}

/** Coverage alone, of the features of drawn pictures. */
export async function coverageOf(
  { featureProducts, reference }: Yardstick,
  features: Points,
): Promise<number> {
  const count = Math.min(reference.count, features.count);
  return (await densityAndCoverage(featureProducts, firstOf(reference, count), firstOf(features, count)))
    .coverage;
}

function ratioOf({ distances }: NearestTraining, { heldOutDistance }: Searched): ComparedValue {
  if (heldOutDistance === 0)
    return {
      missing:
        "half of the held-out pictures are training pictures, so that there is nothing to compare with",
    };
  return { value: median(distances) / heldOutDistance };
}

function pairsOf(
  yardstick: Yardstick,
  points: Points,
  training: Points,
  { nearest, distances }: NearestTraining,
): NearestPair[] {
  const closest = Array.from(distances.keys()).sort((a, b) => distances[a]! - distances[b]!);
  const { length } = points;
  const picture = ({ values }: Points, i: number) =>
    pngOf(yardstick, Uint8Array.from(values.subarray(i * length, (i + 1) * length)), 1);
  return closest.slice(0, NEAREST_PAIRS).map((i) => ({
    sample: picture(points, i),
    training: picture(training, nearest[i]!),
    distance: distances[i]!,
  }));
}

/** Pictures beside each other as a PNG in a data URL. */
function pngOf({ size, levels }: Yardstick, pictures: Uint8Array, columns: number): string {
  const count = pictures.length / pictureLength(size);
  const png = encodePng(pictureGrid(dequantise(pictures, levels), count, size, { columns }));
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
}

/** At most so many values, evenly chosen, the first and the last among them. */
function evenly(values: Float64Array, most: number): number[] {
  if (values.length <= most) return [...values];
  const at = (i: number) => Math.round((i * (values.length - 1)) / (most - 1));
  return Array.from({ length: most }, (_, i) => values[at(i)]!);
}
