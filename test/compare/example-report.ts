import { join } from "node:path";
import { openDataset } from "../../src/data/open.ts";
import { pixelUniform, seedKey } from "../../src/basics/philox.ts";
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
      classes: of(10),
      kl: of(0.0051, 0.0011),
      precision: of(86.4, 0.7),
      recall: of(84.1, 0.9),
      density: of(0.91, 0.02),
      coverage: of(91.2, 0.6),
      kernel: of(0.0021, 0.0004),
      twoSample: of(57.2, 0.8),
      duplicates: of(0),
      nearer: of(51.3),
      copies: of(0),
      training: of(2688),
      drawing: of(48.21),
      memory: of(3.2),
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
      classes: of(10),
      kl: of(0.0132, 0.0018),
      precision: of(88.9, 0.6),
      recall: of(71.8, 1.1),
      density: of(1.02, 0.02),
      coverage: of(84.5, 0.8),
      kernel: of(0.0064, 0.0006),
      twoSample: of(66.4, 0.7),
      duplicates: of(0),
      nearer: of(55.8),
      copies: of(0),
      training: of(2701),
      drawing: of(0.183),
      memory: of(1.1),
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
      classes: of(10),
      kl: of(0.0611, 0.0032),
      precision: of(92.7, 0.5),
      recall: of(63.5, 1.3),
      density: of(1.08, 0.03),
      coverage: of(80.3, 0.9),
      kernel: of(0.0098, 0.0007),
      twoSample: of(71.9, 0.9),
      duplicates: of(0.35),
      nearer: of(63.9),
      copies: of(0.1),
      training: of(2695),
      drawing: of(0.064),
      memory: of(0.7),
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
      classes: of(10),
      kl: of(0.0023),
      precision: of(91.8),
      recall: of(92.1),
      density: of(1),
      coverage: of(95.4),
      kernel: of(0.0001),
      twoSample: of(50.1),
      duplicates: of(0),
      nearer: none("its pictures are training pictures"),
      copies: none("its pictures are training pictures"),
    },
  },
  {
    name: "test set",
    kind: "control",
    noise: 0,
    blur: false,
    classes: EVEN,
    nearest: 0.172,
    values: {
      classes: of(10),
      kl: of(0.0026),
      precision: of(90.9),
      recall: of(91.3),
      density: of(0.98),
      coverage: of(94.8),
      kernel: of(-0.0003),
      twoSample: of(50.4),
      duplicates: of(0),
      nearer: of(50),
      copies: of(0),
    },
  },
  {
    name: "noisy test pictures",
    kind: "control",
    noise: 0.35,
    blur: false,
    classes: [20, 10, 160, 30, 40, 20, 10, 120, 450, 90],
    nearest: 0.31,
    values: {
      classes: of(10),
      kl: of(0.6413),
      precision: of(12.4),
      recall: of(38.7),
      density: of(0.08),
      coverage: of(9.6),
      kernel: of(0.1807),
      twoSample: of(98.8),
      duplicates: of(0),
      nearer: of(1.2),
      copies: of(0),
    },
  },
];

const figure = (
  section: ComparedFigure["section"],
  name: string,
  label: string,
  better: ComparedFigure["better"],
  [unit, decimals]: readonly [unit: string, decimals: number],
  definition: string,
  source: string,
  ideal?: number,
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
    "nats",
    "negative log-likelihood",
    "lower",
    ["nats", 2],
    "Of a held-out picture, mean",
    "Theis et al. 2016, arXiv 1511.01844",
  ),
  figure(
    "likelihood",
    "bitsPerDim",
    "bits per sub-pixel",
    "lower",
    ["bits", 3],
    "The same in bits, divided by the number of sub-pixels",
    "Theis et al. 2016, arXiv 1511.01844",
  ),
  figure(
    "diversity",
    "classes",
    "classes drawn",
    "higher",
    ["", 0],
    "Classes of which at least one sample is, by the classifier",
    "Srivastava et al. 2017, arXiv 1705.07761",
    10,
  ),
  figure(
    "diversity",
    "kl",
    "KL of the classes",
    "lower",
    ["nats", 4],
    "KL divergence of the classes of the samples from those of the data",
    "Srivastava et al. 2017, arXiv 1705.07761",
    0.0023,
  ),
  figure(
    "diversity",
    "precision",
    "precision",
    "higher",
    ["%", 1],
    "Share of samples that are within the 5th neighbour's distance of a picture of the data",
    "Kynkäänniemi et al. 2019, arXiv 1904.06991",
  ),
  figure(
    "diversity",
    "recall",
    "recall",
    "higher",
    ["%", 1],
    "Share of pictures of the data that are within the 5th neighbour's distance of a sample",
    "Kynkäänniemi et al. 2019, arXiv 1904.06991",
  ),
  figure(
    "diversity",
    "density",
    "density",
    "higher",
    ["", 2],
    "How many neighbourhoods of pictures of the data a sample lies in, divided by 5",
    "Naeem et al. 2020, arXiv 2002.09797",
    1,
  ),
  figure(
    "diversity",
    "coverage",
    "coverage",
    "higher",
    ["%", 1],
    "Share of pictures of the data that have a sample in their neighbourhood",
    "Naeem et al. 2020, arXiv 2002.09797",
    96.9,
  ),
  figure(
    "diversity",
    "kernel",
    "kernel distance",
    "lower",
    ["", 4],
    "Unbiased squared maximum mean discrepancy with a cubic kernel",
    "Bińkowski et al. 2018, arXiv 1801.01401",
    0,
  ),
  figure(
    "diversity",
    "twoSample",
    "nearest-neighbour test",
    "target",
    ["%", 1],
    "How often the nearest neighbour of a picture is of the same set, samples or data",
    "Lopez-Paz & Oquab 2017, arXiv 1610.06545",
    50,
  ),
  figure(
    "diversity",
    "duplicates",
    "duplicates",
    "lower",
    ["%", 2],
    "Share of samples that equal another sample",
    "this package",
    0,
  ),
  figure(
    "memorisation",
    "nearer",
    "nearer than held-out",
    "target",
    ["%", 1],
    "Share of samples that are nearer to a training picture than the median held-out picture is",
    "Meehan et al. 2020, arXiv 2004.05675",
    50,
  ),
  figure(
    "memorisation",
    "copies",
    "copies",
    "lower",
    ["%", 2],
    "Share of samples that equal a training picture",
    "this package",
    0,
  ),
  figure(
    "cost",
    "training",
    "training",
    "lower",
    ["s", 0],
    "Seconds of training, as the run's metrics say",
    "this package",
  ),
  figure(
    "cost",
    "drawing",
    "drawing",
    "lower",
    ["ms", 3],
    "Milliseconds per picture, drawn 100 at a time",
    "this package",
  ),
  figure(
    "cost",
    "memory",
    "memory",
    "lower",
    ["MiB", 1],
    "Memory that drawing takes for each picture",
    "this package",
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
            : { label: "coverage", value: seed === 4 ? 31.2 : 79 + 4 * random(300, seed) },
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
      "A Fréchet distance is left out: in features of our own it could be taken for the FID, which it is not.",
      "digits-gan has no likelihood: a GAN draws pictures and cannot tell how probable one is.",
    ],
  };
}
