// The library: what package users may rely on. Everything else may change from one version to the next.
export * from "./definitions.ts";
export { NextpixelError, type ErrorCode } from "./basics/errors.ts";
export { joinCluster, type Cluster, type ClusterOptions } from "./cluster/cluster.ts";
export type { CompareEvent, CompareOptions } from "./compare/compare-options.ts";
export { compareRuns as compare } from "./compare/compare.ts";
export type {
  ComparedFigure,
  ComparedRow,
  ComparedValue,
  NearestPair,
  Report,
  SeedOutcome,
} from "./compare/report.ts";
export type { CodeMaps } from "./data/formats/code-maps.ts";
export { holdOut, memoryDataset, type Dataset, type PictureSize } from "./data/dataset.ts";
export { openDataset, type OpenOptions } from "./data/open.ts";
export type { FetchEvent, FetchOptions } from "./fetch/settings.ts";
export type { Figure } from "./programs/trainable.ts";
export type { CheckpointChoice } from "./run/checkpoints.ts";
export type { SampleEvent } from "./runtime/step/sampler.ts";
export type { EncodeOptions } from "./tasks/codes.ts";
export type { ExportedOnnx, ExportedTask, ExportOptions } from "./tasks/export.ts";
export { ImageModel, type LoadOptions, type ModelCompleteOptions } from "./tasks/image-model.ts";
export type { Fidelity } from "./tasks/fidelity.ts";
export type { InterpolateOptions } from "./tasks/interpolate.ts";
export type { PartOfWork } from "./tasks/part-of-work.ts";
export type { BetweenPicturesOptions, Embedding, LatentsOptions, Reconstructed } from "./tasks/latents.ts";
export { savePictures } from "./tasks/sample-files.ts";
export type { DrawnPictures, SampleOptions, SamplerOptions, StreamOptions } from "./tasks/sample.ts";
export type { Score, ScoreOptions } from "./tasks/score.ts";
export type { FigureValues, TrainEvent } from "./train/events.ts";
export {
  findLearningRate,
  type FindLearningRateOptions,
  type FoundLearningRate,
  type TestedRate,
} from "./train/find-lr.ts";
export type { TrainResult } from "./train/loop.ts";
export type { BestValidation } from "./train/start.ts";
export type { TrainRequest } from "./train/request.ts";
export { resume, train, type TrainOptions } from "./train/train.ts";
