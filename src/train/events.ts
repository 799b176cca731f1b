import type { PictureSize } from "../data/dataset.ts";
import type { Device } from "../runtime/device.ts";

/** What training reports while it runs. Likelihoods are means over pictures. */
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
  /** Over the steps since the last record. */
  readonly trainNats: number;
  readonly trainBitsPerDim: number;
  readonly learningRate: number;
  /** Training only, without validation and previews. */
  readonly imagesPerSecond: number;
}

/** A line of metrics.jsonl. */
export interface MetricsRecord extends Measured {
  /** With the averaged weights; null where no validation was due. */
  readonly validNats: number | null;
  readonly validBitsPerDim: number | null;
}
