// What a comparison finds, as plain data: `report.json` is it, and the page shows it and nothing else.

/** A figure that rows are compared by. */
export interface ComparedFigure {
  /** As `values` of rows name it: "coverage". */
  readonly name: string;
  /** As people read it, in the head of a column: "coverage". */
  readonly label: string;
  readonly section: "likelihood" | "diversity" | "memorisation" | "stability" | "cost";
  /** "nats", "ms", "MiB", "%"; "" for a pure number. */
  readonly unit: string;
  readonly decimals: number;
  /** "target" if the best value is a certain one, such as 50 % of the nearest-neighbour test. */
  readonly better: "lower" | "higher" | "target";
  /** What perfect samples would give, and on how many samples that depends: the floor of the KL divergence. */
  readonly ideal?: number;
  /** What it is, in one line. */
  readonly definition: string;
  /** Where it comes from: "Naeem et al. 2020, arXiv 2002.09797". */
  readonly source: string;
}

/** A value of a figure, or why there is none: "a GAN has no likelihood", "the data has no labels". */
export type ComparedValue =
  | {
      readonly value: number;
      /** Of a likelihood: whether it is exact, or a bound. */
      readonly kind?: "exact" | "bound";
      /** Standard deviation over seeds or over draws, if it was measured. */
      readonly spread?: number;
    }
  | { readonly missing: string };

/** A run that is compared, or a control: pictures of the data set that are judged as if a model had drawn them. */
export interface ComparedRow {
  /** As people call it: the name of the run's folder, or "training half against half". */
  readonly name: string;
  readonly kind: "run" | "control";
  /** Of a run. */
  readonly model?: string;
  readonly family?: string;
  readonly parameters?: number;
  readonly steps?: number;
  /** By the name of the figure; a figure that does not apply to the row is missing. */
  readonly values: Readonly<Record<string, ComparedValue>>;
  /** A grid of its pictures, as a PNG: "data:image/png;base64,...". */
  readonly grid: string;
  /** How often each class was drawn; null without labels. */
  readonly classes: readonly number[] | null;
  /** Its pictures beside the nearest pictures of the training set, those with the smallest distances first. */
  readonly nearest: readonly NearestPair[];
  /** Distances to the nearest training picture of all its pictures, ascending (at most 1,000, evenly chosen). */
  readonly distances: readonly number[];
}

export interface NearestPair {
  /** Both as PNG data URLs. */
  readonly sample: string;
  readonly training: string;
  /** Root of the mean squared difference of the levels, scaled to 0 .. 1. */
  readonly distance: number;
}

/** One more training of a run's recipe, with another seed. */
export interface SeedOutcome {
  readonly run: string;
  readonly seed: number;
  readonly outcome: "finished" | "diverged" | "collapsed";
  /** The figure by which its family is validated or, if there is none, the coverage. */
  readonly figure: { readonly label: string; readonly value: number } | null;
}

export interface Report {
  readonly format: 1;
  /** Version of the package that made it. */
  readonly nextpixel: string;
  /** ISO 8601. */
  readonly made: string;
  readonly data: {
    readonly name: string;
    readonly trainingPictures: number;
    /** Pictures that no run was trained on. */
    readonly heldOutPictures: number;
    readonly channels: number;
    readonly rows: number;
    readonly cols: number;
    readonly levels: number;
    readonly classes: readonly string[] | null;
  };
  /** What gives the features, and the classes of drawn pictures. */
  readonly classifier: {
    /**
     * Share of held-out pictures whose class it tells right; null if the data has no labels: its weights are random.
     */
    readonly accuracy: number | null;
    readonly seed: number;
    readonly steps: number;
    /** SHA-256 of its weights. */
    readonly sha256: string;
    readonly features: number;
  };
  readonly samples: number;
  readonly seed: number;
  /** Name of the machine's processor, and how many cores were used: what the cost depends on. */
  readonly machine: string;
  readonly figures: readonly ComparedFigure[];
  readonly rows: readonly ComparedRow[];
  readonly seeds: readonly SeedOutcome[];
  /** What was left out and why, in sentences. */
  readonly notes: readonly string[];
}
