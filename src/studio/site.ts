import type { NetworkConfig } from "../programs/network.ts";

/*
 * A published site holds, beside the files of the page:
 *
 *     runs.json                   a list of `PublishedRun`
 *     runs/<folder>/config.json   `PublishedConfig`
 *     runs/<folder>/best.safetensors
 */
export const RUNS_FILE = "runs.json";
export const RUNS_FOLDER = "runs";
export const CONFIG_FILE = "config.json";
export const WEIGHTS_FILE = "best.safetensors";

/** A run as the page lists it. */
export interface PublishedRun {
  /** Below `RUNS_FOLDER`; also its name. */
  readonly folder: string;
  readonly model: string;
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
