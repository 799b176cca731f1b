import type { NetworkConfig } from "../programs/network.ts";
import type { RunConfig } from "../run/config.ts";

/*
 * What the page asks the local studio about runs. Every request has the token, as `Authorization: Bearer <token>`.
 *
 *     GET  /api/runs                          `RunList`
 *     GET  /api/runs/<run>                    `RunDetails`
 *     GET  /api/runs/<run>/metrics?after=     new lines of metrics.jsonl, as `CURSOR_HEADER` says
 *     GET  /api/runs/<run>/log?after=         new lines of what its training has said
 *     GET  /api/runs/<run>/previews/<step>    a PNG file
 *     GET  /api/runs/<run>/sample?seed=&count=     levels of pictures 0 .. count-1 of a seed, as `PICTURES_HEADER` says
 *     GET  /api/runs/<run>/walk?from=&to=&count=   levels of pictures on the way from one seed to another
 *     GET  /api/form                          `TrainField`s
 *     POST /api/runs                          `NewRun`: starts a training
 *     POST /api/runs/<run>/resume             `Resumption`: goes on with one
 *     POST /api/runs/<run>/stop               {}: has it save what it has, and end
 *
 * Where something is refused or fails, the answer is an `Refusal`.
 */

/** Where a `Ticket` is exchanged for the token, once; without a token. */
export const TOKEN_PATH = "token";

export interface Ticket {
  readonly ticket: string;
}

export interface TokenAnswer {
  readonly token: string;
}

/** In answers to `/runs.json`, so that the page knows that it is not a published one. */
export const STUDIO_HEADER = "nextpixel-studio";

/** Where the lines of an answer end, to be sent as `after` with the next request. */
export const CURSOR_HEADER = "nextpixel-cursor";
/** "1" where the lines are the first of the file: what was read of it before does not count any more. */
export const START_HEADER = "nextpixel-start";
/** "1" where there are more lines than one answer may have. */
export const MORE_HEADER = "nextpixel-more";

/** What pictures an answer holds: `SentPictures` as JSON. */
export const PICTURES_HEADER = "nextpixel-pictures";

/** Levels [count, channels, rows, cols], each a byte. */
export interface SentPictures {
  readonly size: NetworkConfig["size"];
  readonly levels: number;
  readonly count: number;
}

export type RunState = "training" | "finished" | "interrupted" | "failed";

export interface RunSummary {
  /** Of its folder. */
  readonly name: string;
  readonly state: RunState;
  /** Why it failed, or cannot be read. */
  readonly problem: string | undefined;
  /** Undefined of a run that has not begun, as the rest of its configuration. */
  readonly model: string | undefined;
  readonly family: string | undefined;
  readonly dataset: string | undefined;
  readonly step: number;
  readonly steps: number | undefined;
  /** Figures of the last validation. */
  readonly valid: Readonly<Record<string, number>>;
  /** Changes whenever the metrics do. */
  readonly metrics: string;
  /** The same of the log; empty if there is none. */
  readonly log: string;
  /** The same of the pictures drawn in training. */
  readonly previews: string;
  /**
   * How the page can draw with it: pixel by pixel in the browser, or whole pictures by the studio; undefined if it
   * cannot.
   */
  readonly draws: "pixels" | "pictures" | undefined;
  /** When it last changed, in milliseconds since 1970. */
  readonly changed: number;
}

export interface RunList {
  /** The folder of the runs, as it was named. */
  readonly folder: string;
  /** Those that changed last come first. */
  readonly runs: readonly RunSummary[];
}

export interface RunDetails {
  /** Undefined if it has not begun, or cannot be read. */
  readonly config: RunConfig | undefined;
  /** Steps of which there are pictures, in order. */
  readonly previews: readonly number[];
}

/** An option of `nextpixel train`, as a form asks for it. */
export interface TrainField {
  /** Its name in requests, such as `evalEvery`. */
  readonly key: string;
  /** As the command line calls it, such as `--eval-every`. */
  readonly label: string;
  /** Empty if its name says all. */
  readonly about: string;
  readonly kind: "text" | "switch";
  /** All texts that it can be, if they are few. */
  readonly choices?: readonly string[];
  /** What it is if nothing is given. */
  readonly byDefault?: string;
  /** The models that have it, with what is their own; all have it if undefined. */
  readonly models?: Readonly<Record<string, Pick<TrainField, "about" | "byDefault" | "choices">>>;
}

/** What is given for fields, by their keys: text, or true for switches. */
export type FieldValues = Readonly<Record<string, string | true>>;

export interface NewRun {
  readonly name: string;
  readonly values: FieldValues;
}

export interface Resumption {
  /** The total number of steps, if it is to be higher than before. */
  readonly steps?: number | undefined;
}

export interface Refusal {
  readonly error: string;
}
