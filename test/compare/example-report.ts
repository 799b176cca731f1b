import { join } from "node:path";
import { openDataset } from "../../src/data/open.ts";
import { seedKey } from "../../src/basics/philox.ts";
import { pixelUniform } from "../reference/pixel-uniform.ts";
import type {
  ComparedFigure,
  ComparedRow,
  ComparedValue,
  NearestPair,
  Report,
} from "../../src/compare/report.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { pictureGrid } from "../../src/pictures/grid.ts";
import { encodePng } from "../../src/pictures/png.ts";

const DIGITS = join(import.meta.dirname, "../../datasets/digits8-train-images-idx3-ubyte.gz");
const SEED = 7;
const GRID = 64;
const PAIRS = 8;
const SAMPLES = 2000;

/** What stands for a model: how it spoils pictures of the data set, and what it is said to have scored. */
interface Pretended extends Pick<ComparedRow, "name" | "kind" | "model" | "family" | "parameters" | "steps"> {
  readonly noise: number;
  readonly blur: boolean;
  /** Relative frequencies of the classes. */
  readonly classes: readonly number[];
  readonly nearest: number;
  readonly values: Readonly<Record<string, ComparedValue>>;
}

const EVEN = [99, 102, 99, 103, 98, 102, 101, 100, 97, 99];
const none = (missing: string): ComparedValue => ({ missing });
const exact = (value: number): ComparedValue => ({ value, kind: "exact" });
const bound = (value: number): ComparedValue => ({ value, kind: "bound" });
const of = (value: number, spread?: number): ComparedValue => ({ value, ...(spread ? { spread } : {}) });

const GAN = none("a GAN has no likelihood");

const PRETENDED: readonly Pretended[] = [
  {
    name: "digits-pixelcnn",
    kind: "run",
    model: "gated-pixelcnn",
    family: "autoregressive",
    parameters: 1_797_010,
    steps: 6000,
    noise: 0.04,
    blur: false,
    classes: [97, 108, 95, 101, 98, 104, 99, 102, 94, 102],
    nearest: 0.17,
    values: {
      nats: exact(107.42),
      bitsPerDim: exact(2.4213),
      covered: of(10),
      kl: of(0.0051, 0.0011),
      precision: of(0.864, 0.007),
      recall: of(0.841, 0.009),
      density: of(0.91, 0.02),
      coverage: of(0.912, 0.006),
      kernelDistance: of(0.0021, 0.0004),
      twoSample: of(57.2, 0.8),
      duplicates: of(0),
      nearestRatio: of(0.988),
      copies: of(0),
      trainingSeconds: of(2688),
      msPerPicture: of(48.21),
      memory: of(213),
      finished: of(100),
    },
  },
  {
    name: "digits-vae",
    kind: "run",
    model: "ladder-vae",
    family: "vae",
    parameters: 642_118,
    steps: 20_000,
    noise: 0.01,
    blur: true,
    classes: [104, 82, 101, 106, 93, 100, 109, 96, 112, 97],
    nearest: 0.15,
    values: {
      nats: bound(112.9),
      bitsPerDim: bound(2.5447),
      covered: of(10),
      kl: of(0.0132, 0.0018),
      precision: of(0.889, 0.006),
      recall: of(0.718, 0.011),
      density: of(1.02, 0.02),
      coverage: of(0.845, 0.008),
      kernelDistance: of(0.0064, 0.0006),
      twoSample: of(66.4, 0.7),
      duplicates: of(0),
      nearestRatio: of(0.893),
      copies: of(0),
      trainingSeconds: of(2701),
      msPerPicture: of(0.183),
      memory: of(98),
      finished: of(100),
    },
  },
  {
    name: "digits-gan",
    kind: "run",
    model: "gan",
    family: "gan",
    parameters: 388_902,
    steps: 30_000,
    noise: 0.02,
    blur: false,
    classes: [121, 142, 77, 96, 118, 64, 130, 141, 41, 70],
    nearest: 0.11,
    values: {
      nats: GAN,
      bitsPerDim: GAN,
      covered: of(10),
      kl: of(0.0611, 0.0032),
      precision: of(0.927, 0.005),
      recall: of(0.635, 0.013),
      density: of(1.08, 0.03),
      coverage: of(0.803, 0.009),
      kernelDistance: of(0.0098, 0.0007),
      twoSample: of(71.9, 0.9),
      duplicates: of(0.35),
      nearestRatio: of(0.641),
      copies: of(0.1),
      trainingSeconds: of(2695),
      msPerPicture: of(0.064),
      memory: of(61),
      finished: of(60),
    },
  },
  {
    name: "training half against half",
    kind: "control",
    noise: 0,
    blur: false,
    classes: EVEN,
    nearest: 0.17,
    values: {
      covered: of(10),
      kl: of(0.0023),
      precision: of(0.918),
      recall: of(0.921),
      density: of(1),
      coverage: of(0.954),
      kernelDistance: of(0.0001),
      twoSample: of(50.1),
      duplicates: of(0),
      nearestRatio: of(1.004),
      copies: of(0),
    },
  },
  {
    name: "held-out pictures",
    kind: "control",
    noise: 0,
    blur: false,
    classes: EVEN,
    nearest: 0.172,
    values: {
      covered: of(10),
      kl: of(0.0026),
      precision: of(0.909),
      recall: of(0.913),
      density: of(0.98),
      coverage: of(0.948),
      kernelDistance: of(-0.0003),
      twoSample: of(50.4),
      duplicates: of(0),
      nearestRatio: of(1),
      copies: of(0),
    },
  },
  {
    name: "noisy held-out pictures",
    kind: "control",
    noise: 0.35,
    blur: false,
    classes: [20, 10, 160, 30, 40, 20, 10, 120, 450, 90],
    nearest: 0.31,
    values: {
      covered: of(10),
      kl: of(0.6413),
      precision: of(0.124),
      recall: of(0.387),
      density: of(0.08),
      coverage: of(0.096),
      kernelDistance: of(0.1807),
      twoSample: of(98.8),
      duplicates: of(0),
      nearestRatio: of(1.803),
      copies: of(0),
    },
  },
];

type Best = readonly [better: ComparedFigure["better"], ideal?: number];

const figure = (
  section: ComparedFigure["section"],
  [name, label]: readonly [name: string, label: string],
  [unit, decimals]: readonly [unit: string, decimals: number],
  [better, ideal]: Best,
  definition: string,
  source: string,
): ComparedFigure => ({
  name,
  label,
  section,
  unit,
  decimals,
  better,
  definition,
  source,
  ...(ideal === undefined ? {} : { ideal }),
});

const FIGURES: readonly ComparedFigure[] = [
  figure(
    "likelihood",
    ["nats", "-log p"],
    ["nats", 2],
    ["lower"],
    "Mean of -log p(picture) over the held-out pictures, exact, or a bound of it from above (-ELBO).",
    "van den Oord et al. 2016, arXiv 1601.06759; the bound: Kingma, Welling 2014, arXiv 1312.6114",
  ),
  figure(
    "likelihood",
    ["bitsPerDim", "bits/dim"],
    ["bits", 3],
    ["lower"],
    "The same in bits, divided by the number of sub-pixels.",
    "van den Oord et al. 2016, arXiv 1601.06759",
  ),
  figure(
    "diversity",
    ["covered", "classes covered"],
    ["", 0],
    ["higher", 10],
    "How many classes of the training pictures were drawn at least once, as the classifier judges.",
    "Metz et al. 2017, arXiv 1611.02163",
  ),
  figure(
    "diversity",
    ["kl", "KL of classes"],
    ["nats", 4],
    ["lower", 0.0023],
    "KL(drawn || training) of the shares of classes, as the classifier judges.",
    "Metz et al. 2017, arXiv 1611.02163; the floor: Miller 1955",
  ),
  figure(
    "diversity",
    ["precision", "precision"],
    ["", 3],
    ["higher"],
    "Share of pictures whose features lie within the distance of the 3rd neighbour around a real one.",
    "Kynkäänniemi et al. 2019, arXiv 1904.06991",
  ),
  figure(
    "diversity",
    ["recall", "recall"],
    ["", 3],
    ["higher"],
    "Share of real pictures whose features lie within the distance of the 3rd neighbour around a drawn one.",
    "Kynkäänniemi et al. 2019, arXiv 1904.06991",
  ),
  figure(
    "diversity",
    ["density", "density"],
    ["", 3],
    ["target", 1],
    "Balls around real pictures (to the 5th neighbour) that a drawn one lies in, divided by 5.",
    "Naeem et al. 2020, arXiv 2002.09797",
  ),
  figure(
    "diversity",
    ["coverage", "coverage"],
    ["", 3],
    ["higher", 1 - 2 ** -5],
    "Share of balls around real pictures (to the 5th neighbour) that a drawn one lies in.",
    "Naeem et al. 2020, arXiv 2002.09797",
  ),
  figure(
    "diversity",
    ["kernelDistance", "kernel distance"],
    ["", 4],
    ["lower", 0],
    "Square of the maximum mean discrepancy, unbiased, with a cubic kernel; can be below 0.",
    "Bińkowski et al. 2018, arXiv 1801.01401",
  ),
  figure(
    "diversity",
    ["twoSample", "two-sample test"],
    ["%", 1],
    ["target", 50],
    "How often the nearest neighbour among all others tells whether a picture is real or drawn.",
    "Lopez-Paz, Oquab 2017, arXiv 1610.06545; Xu et al. 2018, arXiv 1806.07755",
  ),
  figure(
    "diversity",
    ["duplicates", "duplicates"],
    ["%", 2],
    ["lower"],
    "Share of pictures that are the same, sub-pixel by sub-pixel, as another one.",
    "counted",
  ),
  figure(
    "memorisation",
    ["nearestRatio", "distance to training"],
    ["", 3],
    ["target", 1],
    "Median distance to the nearest training picture, divided by that of held-out pictures.",
    "as Meehan et al. 2020, arXiv 2004.05675, compare distances",
  ),
  figure(
    "memorisation",
    ["copies", "copies"],
    ["%", 2],
    ["lower"],
    "Share of pictures that are the same, sub-pixel by sub-pixel, as a training picture.",
    "counted",
  ),
  figure(
    "stability",
    ["finished", "seeds that went well"],
    ["%", 0],
    ["higher"],
    "Share of trainings of the recipe that neither diverged nor collapsed.",
    "as Lucic et al. 2018, arXiv 1711.10337, train with several seeds",
  ),
  figure(
    "cost",
    ["trainingSeconds", "training"],
    ["s", 0],
    ["lower"],
    "Seconds that the training steps took, without validations and previews.",
    "measured where the run was trained",
  ),
  figure(
    "cost",
    ["msPerPicture", "drawing"],
    ["ms", 2],
    ["lower"],
    "Milliseconds for a picture, many drawn together by all cores.",
    "measured on this machine",
  ),
  figure(
    "cost",
    ["memory", "memory to draw"],
    ["MiB", 0],
    ["lower"],
    "Peak of the resident memory of a process that loads the run and draws, less what it had before.",
    "measured on this machine",
  ),
];

const random = (use: number, i: number): number => pixelUniform(seedKey(SEED), use, i, 0);

/** The PNG of pictures of digits, levels 0 .. 16, as a data URL. */
function png(levels: Uint8Array, count: number, columns: number, scale: number): string {
  const bytes = levels.map((level) => Math.min(255, Math.round((level * 255) / 16)));
  const grid = pictureGrid(
    bytes,
    count,
    { channels: 1, rows: 8, cols: 8 },
    { columns, scale, gap: columns > 1 ? 2 : 0 },
  );
  return `data:image/png;base64,${Buffer.from(encodePng(grid)).toString("base64")}`;
}

function spoiled(levels: Uint8Array, { noise, blur }: Pretended, use: number): Uint8Array {
  const mean = (i: number) => {
    const col = i % 8;
    const [left, right] = [col > 0 ? levels[i - 1]! : 0, col < 7 ? levels[i + 1]! : 0];
    return (left + 2 * levels[i]! + right) / 4;
  };
  return levels.map((level, i) => {
    const shift = 16 * noise * 4 * (random(use, i) - 0.5);
    return Math.max(0, Math.min(16, Math.round((blur ? mean(i) : level) + shift)));
  });
}

async function row(dataset: Dataset, pretended: Pretended, use: number): Promise<ComparedRow> {
  const { noise: _, blur: _blur, nearest, classes, ...rest } = pretended;
  const indices = Array.from({ length: GRID }, (_, i) => Math.floor(random(100 + use, i) * dataset.count));
  const pictures = await dataset.read(indices);
  const drawn = spoiled(pictures, pretended, use);
  const one = (of: Uint8Array, i: number) => png(of.subarray(i * 64, (i + 1) * 64), 1, 1, 1);
  const distances = Array.from({ length: 1000 }, (_, i) => {
    const gaussian =
      random(200 + use, 3 * i) + random(200 + use, 3 * i + 1) + random(200 + use, 3 * i + 2) - 1.5;
    return Math.max(0, nearest + 0.08 * gaussian);
  }).sort((a, b) => a - b);
  const pairs = Array.from({ length: PAIRS }, (_, i): NearestPair => ({
    sample: one(drawn, i),
    training: one(pictures, i),
    distance: distances[i]!,
  }));
  return {
    ...rest,
    classes: classes.map((share) => Math.round((share * SAMPLES) / 1000)),
    grid: png(drawn, GRID, 8, 4),
    nearest: pairs,
    distances,
  };
}

/**
 * What a comparison of a run of each family could find. The pictures are spoiled digits and the figures made up, but
 * such as were measured.
 */
export async function exampleReport(): Promise<Report> {
  const dataset = await openDataset(DIGITS, { levels: 17 });
  const seeds = PRETENDED.filter(({ kind }) => kind === "run").flatMap(({ name, family }, run) =>
    [1, 2, 3, 4, 5].map((seed) => ({
      run: name,
      seed,
      outcome:
        family !== "gan" || seed < 4
          ? ("finished" as const)
          : seed === 4
            ? ("collapsed" as const)
            : ("diverged" as const),
      figure:
        family !== "gan"
          ? { label: "nats", value: 107.4 + 5.5 * run + random(300 + run, seed) * (0.4 + run) }
          : seed === 5
            ? null
            : { label: "coverage", value: seed === 4 ? 0.082 : 0.79 + 0.04 * random(300, seed) },
    })),
  );
  return {
    format: 1,
    nextpixel: "0.1.0",
    made: "2026-11-25T16:44:47.000Z",
    data: {
      name: "digits",
      trainingPictures: 1347,
      heldOutPictures: 450,
      channels: 1,
      rows: 8,
      cols: 8,
      levels: 17,
      classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    },
    classifier: {
      accuracy: 0.9822,
      seed: 1,
      steps: 1500,
      sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      features: 64,
    },
    samples: SAMPLES,
    seed: 1,
    machine: "AMD EPYC 9B14, 2 cores",
    figures: FIGURES,
    rows: await Promise.all(PRETENDED.map((pretended, i) => row(dataset, pretended, i))),
    seeds,
    notes: [
      "Features are those of a small network trained for this comparison: figures can be compared within one report, and not with those of papers, which use other features.",
      "Precision, recall, density, coverage, the kernel distance and the two-sample test compare 673 pictures of each row with as many training pictures: half of the training pictures, at most 5000.",
      "A training counts as collapsed if it draws at most 50 % of the classes, or if its coverage is at most 0.1.",
    ],
  };
}
