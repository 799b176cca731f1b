import type { PictureSize } from "../data/dataset.ts";
import type { Figure } from "../programs/trainable.ts";
import type { Device } from "../runtime/device.ts";

/** Values of figures by their names. */
export type FigureValues = Readonly<Record<string, number>>;

/** What training reports while it runs. */
export type TrainEvent =
  | {
      readonly type: "start";
      readonly device: Device;
      readonly parameters: number;
      /** Steps that were done before. */
      readonly step: number;
      readonly steps: number;
      readonly trainPictures: number;
      readonly validPictures: number;
      /** What will be reported of training steps, and of validations. */
      readonly figures: { readonly train: readonly Figure[]; readonly valid: readonly Figure[] };
    }
  | ({ readonly type: "progress"; readonly secondsLeft: number } & Measured)
  | ({ readonly type: "metrics" } & MetricsRecord)
  | {
      readonly type: "preview";
      readonly step: number;
      /** Levels [count, channels, rows, cols]. */
      readonly pictures: Uint8Array;
      readonly count: number;
      readonly size: PictureSize;
      readonly levels: number;
    }
  | { readonly type: "checkpoint"; readonly step: number; readonly file: string };

interface Measured {
  readonly step: number;
  readonly epoch: number;
  /** Means over the steps since the last record. */
  readonly train: FigureValues;
  readonly learningRate: number;
  /** Training only, without validation and previews. */
  readonly imagesPerSecond: number;
}

/** A line of metrics.jsonl. */
export interface MetricsRecord extends Measured {
  /**
   * Means over the validation pictures, with the averaged weights (of several averages the best); null where no
   * validation was due.
   */
  readonly valid: FigureValues | null;
}
