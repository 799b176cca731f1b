import type { PictureSize } from "../../browser.ts";
import type { GivenSizes } from "../../models/by-name.ts";
import type { SentPictures } from "../runs-api.ts";
import type { RunFiles } from "./run-files.ts";

/** What is trained in the page, on which pictures. */
export interface PageTraining {
  readonly model: string;
  readonly sizes: GivenSizes;
  readonly pictures: TrainingPictures;
  readonly steps: number;
  readonly lr: number;
  readonly seed: number;
}

export interface TrainingPictures {
  readonly name: string;
  readonly size: PictureSize;
  readonly levels: number;
  /** Levels [count, channels, rows, cols]. */
  readonly pixels: Uint8Array;
}

/** How a training goes. */
export interface TrainingProgress {
  readonly step: number;
  readonly parameters: number;
  /** Of the steps since what was told before. */
  readonly bitsPerDim: number;
  readonly secondsLeft: number;
  /** What is told now and then: drawn with the averaged weights of this step. */
  readonly look?: {
    /** Of pictures that are not trained on; undefined if there are too few. */
    readonly valid: number | undefined;
    /** Levels [`LOOK_PICTURES`, channels, rows, cols]. */
    readonly pictures: Uint8Array;
    readonly trained: RunFiles;
  };
}

export const LOOK_PICTURES = 16;

/** Pictures of a model. */
export interface WholePictures extends SentPictures {
  /** Levels [count, channels, rows, cols]. */
  readonly pictures: Uint8Array;
}

/** How pictures of runs of all families are asked for. */
export type DrawConversations = {
  /** Pictures 0 .. count-1 of a seed. */
  readonly sample: {
    readonly question: { readonly folder: string; readonly seed: number; readonly count: number };
    readonly answer: WholePictures;
  };
  /** Pictures on the way from picture 0 of a seed to that of another, as `nextpixel interpolate` draws them. */
  readonly walk: {
    readonly question: {
      readonly folder: string;
      readonly seeds: readonly [number, number];
      readonly count: number;
    };
    readonly answer: WholePictures;
  };
};

/** What the worker with ONNX Runtime is asked. */
export type OnnxConversations = DrawConversations & {
  readonly train: { readonly question: PageTraining; readonly answer: TrainingProgress };
};
