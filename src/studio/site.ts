import type { NetworkConfig } from "../programs/network.ts";

/*
 * A published site holds, beside the files of the page:
 *
 *     runs.json                   a list of `PublishedRun`
 *     runs/<folder>/config.json   `PublishedConfig`
 *     runs/<folder>/best.safetensors
 *     onnx/                       ONNX Runtime (`WEB_RUNTIME`), if the page trains, or if it draws with VAEs or GANs
 *     digits/images.gz            the data set `digits` as an IDX file, if the page trains
 *     figures.json                `PublishedFigures`, if runs were compared
 *
 * The page itself says which of the last three there are (`EXTRAS`).
 */
export const RUNS_FILE = "runs.json";
export const RUNS_FOLDER = "runs";
export const CONFIG_FILE = "config.json";
export const WEIGHTS_FILE = "best.safetensors";
export const RUNTIME_FOLDER = "onnx";
/** The file of the page that needs it. */
export const RUNTIME_WORKER = "onnx-worker.js";
export const DIGITS_FOLDER = "digits";
export const DIGITS_FILE = "images.gz";
/** Of `digits`, as on the command line. */
export const DIGITS_LEVELS = 17;
export const FIGURES_FILE = "figures.json";

/** What a site can have beside what every site has: training, drawing with whole networks at once, and figures. */
export type Extra = "train" | "families" | "figures";
/** The name of the page's meta element that lists them. */
export const EXTRAS = "nextpixel-extras";

/** A run as the page lists it. */
export interface PublishedRun {
  /** Below `RUNS_FOLDER`; also its name. */
  readonly folder: string;
  readonly model: string;
  /** Autoregressive if it is not given. */
  readonly family?: string | undefined;
  /** Steps that it was trained for. */
  readonly step: number;
  /** Of its weights' file; not known of a run that is not published. */
  readonly bytes?: number;
}

/** What drawing needs of the configuration of a run, and no more: nothing about files of the machine it was made on. */
export interface PublishedConfig {
  readonly format: 2;
  readonly family: string;
  readonly network: NetworkConfig;
}

/** What a comparison has found of runs, by the names of their folders. */
export interface PublishedFigures {
  /** On which data, and how many samples were judged. */
  readonly about: string;
  readonly figures: readonly {
    readonly name: string;
    readonly label: string;
    readonly unit: string;
    readonly decimals: number;
    readonly better: "lower" | "higher" | "target";
    readonly definition: string;
  }[];
  readonly rows: readonly {
    readonly name: string;
    readonly values: Readonly<Record<string, { readonly value: number } | { readonly missing: string }>>;
  }[];
}
