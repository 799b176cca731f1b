// The library: what package users may rely on. Everything else may change from one version to the next.
export { NextpixelError, type ErrorCode } from "./basics/errors.ts";
export type { PictureClass } from "./data/classes.ts";
export { holdOut, memoryDataset, type Dataset, type PictureSize } from "./data/dataset.ts";
export { openDataset, type OpenOptions } from "./data/open.ts";
export type { FetchEvent, FetchOptions } from "./fetch/settings.ts";
export { dequantise } from "./data/quantise.ts";
export { loadSavedModel, type SavedModel } from "./run/saved-model.ts";
export type { RunConfig } from "./run/config.ts";
export type { GivenPixels } from "./runtime/step/draw.ts";
export type { SampleEvent } from "./runtime/step/sampler.ts";
export { complete, type CompleteOptions } from "./tasks/complete.ts";
export {
  openSampler,
  sample,
  type DrawnPictures,
  type SampleOptions,
  type Sampler,
  type SamplerOptions,
  type StreamOptions,
} from "./tasks/sample.ts";
export { score, type Score, type ScoreOptions } from "./tasks/score.ts";
export type { TrainEvent } from "./train/events.ts";
export { train, type TrainOptions, type TrainResult } from "./train/train.ts";
