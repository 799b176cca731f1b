import { IDEAL_COVERAGE } from "./density-coverage.ts";
import { PICTURES_TO_MEASURE } from "./drawing-memory.ts";
import { expectedCovered, klFloor } from "./histogram.ts";
import type { ComparedFigure } from "./report.ts";

// What runs are compared by, and what each figure is. The names are those of the values of rows.

/** What the definitions depend on. */
export interface FigureContext {
  readonly samples: number;
  /** The share of each class among the training pictures; undefined without labels. */
  readonly shares: readonly number[] | undefined;
  /** What a class is: "class", or "mode" of a stack of pictures. */
  readonly kind: "class" | "mode";
  readonly importanceSamples: number | undefined;
  readonly seeds: number;
}

/** The figures of a comparison, in the order of its sections. */
export const figuresOf = (context: FigureContext): ComparedFigure[] => [
  ...likelihoodFigures(context),
  ...classFigures(context),
  ...DIVERSITY,
  ...MEMORISATION,
  ...(context.seeds > 1 ? STABILITY : []),
  ...COST,
];

const likelihoodFigures = ({ importanceSamples }: FigureContext): ComparedFigure[] => [
  {
    name: "nats",
    label: "-log p",
    section: "likelihood",
    unit: "nats",
    decimals: 2,
    better: "lower",
    definition:
      "Mean of -log p(picture) over the held-out pictures, exact, or a bound of it from above (-ELBO); classes are summed out.",
    source: "van den Oord et al. 2016, arXiv 1601.06759; the bound: Kingma, Welling 2014, arXiv 1312.6114",
  },
  {
    name: "bitsPerDim",
    label: "bits/dim",
    section: "likelihood",
    unit: "bits",
    decimals: 3,
    better: "lower",
    definition: "The same in bits, divided by the number of sub-pixels.",
    source: "van den Oord et al. 2016, arXiv 1601.06759",
  },
  ...(importanceSamples === undefined
    ? []
    : [
        {
          name: "importanceWeighted",
          label: "importance-weighted bound",
          section: "likelihood",
          unit: "nats",
          decimals: 2,
          better: "lower",
          definition: `The bound by ${importanceSamples} draws of the latents for each held-out picture: -log of the mean of p(x, z) / q(z | x).`,
          source: "Burda et al. 2016, arXiv 1509.00519",
        } as const,
      ]),
];

const classFigures = ({ samples, shares, kind }: FigureContext): ComparedFigure[] => [
  {
    name: "covered",
    label: kind === "mode" ? "modes covered" : "classes covered",
    section: "diversity",
    unit: "",
    decimals: 0,
    better: "higher",
    ...(shares && { ideal: expectedCovered(shares, samples) }),
    definition: `How many ${kind === "mode" ? "modes" : "classes"} of the training pictures were drawn at least once, as the classifier judges; ideal: so many perfect samples.`,
    source: "Metz et al. 2017, arXiv 1611.02163",
  },
  {
    name: "kl",
    label: kind === "mode" ? "KL of modes" : "KL of classes",
    section: "diversity",
    unit: "nats",
    decimals: 4,
    better: "lower",
    ...(shares && { ideal: klFloor(shares, samples) }),
    definition: `KL(drawn || training) of the shares of ${kind === "mode" ? "modes" : "classes"}, as the classifier judges; ideal: the floor (${kind === "mode" ? "modes" : "classes"} - 1) / (2 samples), which perfect samples have.`,
    source: "Metz et al. 2017, arXiv 1611.02163; the floor: Miller 1955",
  },
];

const DIVERSITY: readonly ComparedFigure[] = [
  {
    name: "precision",
    label: "precision",
    section: "diversity",
    unit: "",
    decimals: 3,
    better: "higher",
    definition:
      "Share of pictures whose features lie within the distance of the 3rd neighbour around a real one. Compare with the controls.",
    source: "Kynkäänniemi et al. 2019, arXiv 1904.06991",
  },
  {
    name: "recall",
    label: "recall",
    section: "diversity",
    unit: "",
    decimals: 3,
    better: "higher",
    definition:
      "Share of real pictures whose features lie within the distance of the 3rd neighbour around a drawn one. Noise can raise it: balls of outliers are large.",
    source: "Kynkäänniemi et al. 2019, arXiv 1904.06991",
  },
  {
    name: "density",
    label: "density",
    section: "diversity",
    unit: "",
    decimals: 3,
    better: "target",
    ideal: 1,
    definition:
      "Balls around real pictures (to the 5th neighbour) that a drawn one lies in, divided by 5: above 1, likelier pictures are preferred.",
    source: "Naeem et al. 2020, arXiv 2002.09797",
  },
  {
    name: "coverage",
    label: "coverage",
    section: "diversity",
    unit: "",
    decimals: 3,
    better: "higher",
    ideal: IDEAL_COVERAGE,
    definition:
      "Share of balls around real pictures (to the 5th neighbour) that a drawn one lies in; ideal: 1 - 2^-5.",
    source: "Naeem et al. 2020, arXiv 2002.09797",
  },
  {
    name: "kernelDistance",
    label: "kernel distance",
    section: "diversity",
    unit: "",
    decimals: 4,
    better: "lower",
    ideal: 0,
    definition:
      "Square of the maximum mean discrepancy, unbiased, kernel (x.y / d + 1)^3, of features scaled to a mean square of 1; can be below 0.",
    source: "Bińkowski et al. 2018, arXiv 1801.01401",
  },
  {
    name: "twoSample",
    label: "two-sample test",
    section: "diversity",
    unit: "%",
    decimals: 1,
    better: "target",
    ideal: 50,
    definition:
      "How often the nearest neighbour among all others tells whether a picture is real or drawn: 50 % if they are alike, 100 % if they lie apart.",
    source: "Lopez-Paz, Oquab 2017, arXiv 1610.06545; Xu et al. 2018, arXiv 1806.07755",
  },
  {
    name: "duplicates",
    label: "duplicates",
    section: "diversity",
    unit: "%",
    decimals: 2,
    better: "lower",
    definition:
      "Share of pictures that are the same, sub-pixel by sub-pixel, as another one of the row before it.",
    source: "counted",
  },
];

const MEMORISATION: readonly ComparedFigure[] = [
  {
    name: "nearestRatio",
    label: "distance to training",
    section: "memorisation",
    unit: "",
    decimals: 3,
    better: "target",
    ideal: 1,
    definition:
      "Median distance to the nearest training picture, divided by that of held-out pictures: far below 1, training pictures are copied.",
    source: "as Meehan et al. 2020, arXiv 2004.05675, compare distances",
  },
  {
    name: "copies",
    label: "copies",
    section: "memorisation",
    unit: "%",
    decimals: 2,
    better: "lower",
    definition: "Share of pictures that are the same, sub-pixel by sub-pixel, as a training picture.",
    source: "counted",
  },
];

const STABILITY: readonly ComparedFigure[] = [
  {
    name: "finished",
    label: "seeds that went well",
    section: "stability",
    unit: "%",
    decimals: 0,
    better: "higher",
    definition:
      "Share of trainings of the recipe, this one and others that differ in the seed alone, that neither diverged nor collapsed.",
    source: "as Lucic et al. 2018, arXiv 1711.10337, train with several seeds",
  },
];

const COST: readonly ComparedFigure[] = [
  {
    name: "trainingSeconds",
    label: "training",
    section: "cost",
    unit: "s",
    decimals: 0,
    better: "lower",
    definition:
      "Seconds that the training steps took, as the run recorded their speed; without validations and previews.",
    source: "measured where the run was trained",
  },
  {
    name: "msPerPicture",
    label: "drawing",
    section: "cost",
    unit: "ms",
    decimals: 2,
    better: "lower",
    definition: "Milliseconds for a picture, many drawn together by all cores: the median of several parts.",
    source: "measured on this machine",
  },
  {
    name: "memory",
    label: "memory to draw",
    section: "cost",
    unit: "MiB",
    decimals: 0,
    better: "lower",
    definition: `Peak of the resident memory of a process that loads the run and draws ${PICTURES_TO_MEASURE} pictures, less what it had before.`,
    source: "measured on this machine",
  },
];
