import type { CodeMaps } from "../data/formats/code-maps.ts";
import type { Dataset, Extent, PictureSize } from "../data/dataset.ts";
import type { FetchOptions } from "../fetch/settings.ts";
import type { CheckpointChoice } from "../run/checkpoints.ts";
import { localRun } from "../run/local-run.ts";
import { loadSavedModel, type SavedModel } from "../run/saved-model.ts";
import type { SampleEvent } from "../runtime/step/sampler.ts";
import { decodeCodes, encodePictures, type EncodeOptions } from "./codes.ts";
import { complete, type CompleteOptions } from "./complete.ts";
import { exportOnnx, type ExportedOnnx, type ExportOptions } from "./export.ts";
import { givenPixels, openGiven, type GivenOptions } from "./given.ts";
import { interpolate, type InterpolateOptions } from "./interpolate.ts";
import {
  embed,
  interpolatePictures,
  reconstruct,
  type BetweenPicturesOptions,
  type Embedding,
  type LatentsOptions,
  type Reconstructed,
} from "./latents.ts";
import { ofSize } from "./of-size.ts";
import { openRunDataset, type ReadOptions } from "./run-dataset.ts";
import {
  openSampler,
  sample,
  type DrawnPictures,
  type SampleOptions,
  type SamplerOptions,
  type StreamOptions,
} from "./sample.ts";
import { score, type Score, type ScoreOptions } from "./score.ts";

export type ModelCompleteOptions = GivenOptions &
  ReadOptions &
  Omit<CompleteOptions, "pictures" | "isGiven" | "labels" | "first"> & {
    /** Completes the first pictures only. */
    readonly limit?: number | undefined;
  };

export interface LoadOptions {
  readonly checkpoint?: CheckpointChoice | undefined;
  /** Of a tokenizer: the size of the pictures that it reads and makes; that of its training if not given. */
  readonly size?: Extent | undefined;
  /** How a model on the Hub is downloaded. */
  readonly download?: FetchOptions | undefined;
}

/** A trained network: draws pictures, completes half-drawn ones, and computes how likely a picture is. */
export class ImageModel {
  readonly #model: SavedModel;

  private constructor(model: SavedModel) {
    this.#model = model;
  }

  /**
   * The network of a run folder, with the averaged weights of a checkpoint, by default of the best validation; or that
   * of a packed model: a folder, or `hf:owner/name` or `hf:owner/name@revision` on the Hugging Face Hub, which is
   * downloaded into the cache. A network of your own has to be defined first (`defineModel`).
   *
   * @throws NOT_FOUND if there is none, FORMAT if a file is damaged, DOWNLOAD if the Hub cannot be reached; as `ofSize`
   */
  static async load(
    run: string,
    { checkpoint = "best", size, download }: LoadOptions = {},
  ): Promise<ImageModel> {
    return new ImageModel(ofSize(await loadSavedModel(await localRun(run, download), checkpoint), size));
  }

  /** The size of its pictures: of those that it was trained on, unless it was loaded for another one. */
  get size(): PictureSize {
    return this.#model.config.size;
  }

  /** How many grey values, or values of a colour, a pixel may have: levels are 0 .. levels-1. */
  get levels(): number {
    return this.#model.config.levels;
  }

  /** The names of its classes; none if it is not class-conditional. */
  get classes(): readonly string[] {
    return this.#model.config.classes?.map(({ name }) => name) ?? [];
  }

  /** Steps of training behind its weights. */
  get step(): number {
    return this.#model.step;
  }

  /** Draws new pictures. @throws ARGUMENT if the model cannot draw such pictures */
  sample(options: SampleOptions): Promise<DrawnPictures> {
    return sample(this.#model, options);
  }

  /**
   * Draws new pictures, and yields each row as it is finished. @throws ARGUMENT if the model cannot draw such pictures
   */
  async *stream(options: SamplerOptions & StreamOptions): AsyncGenerator<SampleEvent, void> {
    const sampler = openSampler(this.#model, options);
    try {
      yield* sampler.stream(options);
    } finally {
      sampler.close();
    }
  }

  /**
   * Draws the pixels that are not given, of a data set by its name or path, one picture file, or the pictures
   * themselves: by default the lower half. All completions of the first picture come first.
   *
   * @throws as `openDataset`; ARGUMENT if the pictures do not fit the model
   */
  async complete(pictures: string | Dataset, options: ModelCompleteOptions = {}): Promise<DrawnPictures> {
    const isGiven = await givenPixels(options, this.size);
    const given = await openGiven(this.#model, pictures, options);
    const labels = options.classes === undefined ? given.labels : undefined;
    return complete(this.#model, {
      ...options,
      pictures: given.pictures,
      field: given.field,
      isGiven,
      labels,
    });
  }

  /** Draws pictures on the way from one that it draws to another. ARGUMENT error if it cannot do that. */
  interpolate(options: InterpolateOptions): Promise<Omit<DrawnPictures, "nats">> {
    return interpolate(this.#model, options);
  }

  /**
   * Draws pictures on the way from one picture of a data set to another. ARGUMENT error if it has no encoder, or
   * they do not fit.
   */
  interpolatePictures(
    pictures: string | Dataset,
    options: BetweenPicturesOptions,
  ): Promise<Omit<DrawnPictures, "nats">> {
    return interpolatePictures(this.#model, pictures, options);
  }

  /** Turns pictures into latents and back. ARGUMENT error if it has no encoder, or they do not fit. */
  reconstruct(pictures: string | Dataset, options: LatentsOptions = {}): Promise<Reconstructed> {
    return reconstruct(this.#model, pictures, options);
  }

  /** The latents of pictures. ARGUMENT error if it has no encoder, or they do not fit. */
  embed(pictures: string | Dataset, options: LatentsOptions = {}): Promise<Embedding> {
    return embed(this.#model, pictures, options);
  }

  /** Turns pictures into codes. ARGUMENT error if it has none, or they do not fit. */
  encode(pictures: string | Dataset, options: EncodeOptions = {}): Promise<CodeMaps> {
    return encodePictures(this.#model, pictures, options);
  }

  /** Turns codes into pictures; maps of codes may be of any size. ARGUMENT error if it has no such codes. */
  decode(codes: CodeMaps): Promise<Omit<DrawnPictures, "nats">> {
    return decodeCodes(this.#model, codes);
  }

  /**
   * The likelihood of pictures, exact or a bound of it: a data set by its name or path, one picture file, or the
   * pictures themselves. With rows or a mask, the likelihood of the other pixels given these.
   */
  async score(
    pictures: string | Dataset,
    options: Omit<ScoreOptions, "isGiven"> & GivenOptions & ReadOptions = {},
  ): Promise<Score> {
    const { skipBad, onWarning, download, condition } = options;
    const isWhole = options.rows === undefined && options.mask === undefined;
    const isGiven = isWhole ? undefined : await givenPixels(options, this.size);
    const dataset =
      typeof pictures === "string"
        ? await openRunDataset(this.#model, pictures, { skipBad, onWarning, download, condition })
        : pictures;
    return score(this.#model, dataset, { ...options, isGiven });
  }

  /** The model as an ONNX file, with its weights. ARGUMENT error if it cannot do the task. */
  exportOnnx(options: ExportOptions = {}): ExportedOnnx {
    return exportOnnx(this.#model, options);
  }
}
