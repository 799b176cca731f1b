import { expected, numberFrom, wholeNumber } from "../basics/errors.ts";
import type { Dataset, Extent } from "../data/dataset.ts";
import type { OptimizerName, TrainingSettings } from "../families/optimizers.ts";
import type { GivenSizes } from "../models/by-name.ts";
import type { Model } from "../models/model.ts";
import type { GivenSettings } from "../models/settings.ts";
import type { Device, DeviceChoice } from "../runtime/device.ts";
import { MAX_THREADS } from "../runtime/threads.ts";
import type { FieldRequest } from "./field-request.ts";

/**
 * What to train. Options that are left out have the values of `TRAIN_DEFAULTS`, of the optimizer's defaults
 * (`OPTIMIZERS`), or those that are named here.
 */
export interface TrainRequest extends FieldRequest {
  /** A data set by its name or path, see `openDataset`, or the pictures themselves. */
  readonly dataset: string | Dataset;
  /** The run folder, which must not exist yet, or be empty, unless `force` is set. */
  readonly out: string;
  readonly force?: boolean | undefined;
  /** By its name, or as `defineModel` has made it. */
  readonly model?: string | Pick<Model, "family" | "name"> | undefined;
  /** Sizes that go together, such as its paper's. */
  readonly preset?: string | undefined;
  /** Sizes of the model, in place of those of the preset or its own. */
  readonly sizes?: GivenSizes | undefined;
  /** Settings of the model's training, in place of its own. */
  readonly settings?: GivenSettings | undefined;
  /**
   * "bernoulli", "categorical", "logistic-mixture", or a name of `defineLikelihood`, for models that have one. By
   * default "bernoulli" for 2 levels, else "categorical".
   */
  readonly likelihood?: string | undefined;
  /** Levels that pixels are quantised to; all there are. */
  readonly levels?: number | undefined;
  /** Whether the network gets the class of each picture, from the labels of the data set. */
  readonly classConditional?: boolean | undefined;
  /**
   * Whether the network is told the row and the column of each pixel: a departure from the papers, in which networks do
   * not know where the picture ends. It then draws pictures of one size only.
   */
  readonly positions?: boolean | undefined;
  /**
   * Whether an autoregressive network reads and predicts how pixels differ from the mean of those beside and above. It
   * learns pictures of many levels in fewer steps. For a likelihood with means, such as the mixture of logistics.
   */
  readonly differences?: boolean | undefined;
  readonly steps?: number | undefined;
  /** In place of steps: passes over the data. */
  readonly epochs?: number | undefined;
  /** Pictures per step. */
  readonly batch?: number | undefined;
  /** Shares of a batch, each computed by a thread of its own; as many as threads, and one on a GPU. */
  readonly shares?: number | undefined;
  /** What trains: "webgpu" is a GPU, "auto" one if there is. The CPU by default. */
  readonly device?: DeviceChoice | undefined;
  /**
   * "muon": Muon for the weights of hidden layers and Adam for the rest, the default of all but GANs; "adam", theirs;
   * "schedule-free": Adam with an average in place of a learning rate that falls. Each has its own `lr`, `decay` and
   * `ema` if they are not given.
   */
  readonly optimizer?: OptimizerName | undefined;
  readonly lr?: number | undefined;
  /** Steps in which the learning rate rises from 0. */
  readonly warmup?: number | undefined;
  /**
   * "cosine" down to 0 at the last step; "wsd": down to 0 in the last fifth of the steps, and constant before; or a
   * factor per step.
   */
  readonly decay?: "cosine" | "wsd" | number | undefined;
  /** Largest norm of the gradient. */
  readonly clip?: number | undefined;
  /**
   * Decay of the weights' moving average per step. Of several, each is validated, and the best is kept. None for
   * "schedule-free", whose average is its own.
   */
  readonly ema?: TrainingSettings["ema"];
  /**
   * Adam's decay per step of the running mean of the gradient, 0.9 by default, and of the mean of its square, 0.999.
   * Muon's momentum is `beta1`, 0.95 by default. For "schedule-free" it says how near to the average the gradient is
   * taken: 0 at the newest weights, 1 at the average.
   */
  readonly beta1?: number | undefined;
  readonly beta2?: number | undefined;
  /**
   * Decoupled weight decay (AdamW): the fraction of the weights that each step subtracts, times the learning rate. None
   * by default.
   */
  readonly weightDecay?: number | undefined;
  /** Share of features dropped, for models that have dropout. */
  readonly dropout?: number | undefined;
  /** Of weights, order, crops, mirroring and previews. */
  readonly seed?: number | undefined;
  /** Pictures to validate with; without, a share of the data set is held out. */
  readonly valid?: string | Dataset | undefined;
  readonly validFraction?: number | undefined;
  /** Steps between validations; a tenth of all. */
  readonly evalEvery?: number | undefined;
  /**
   * After so many validations in a row without a better one training ends, before all steps are done. Never, if it is
   * not given.
   */
  readonly patience?: number | undefined;
  /** Steps between checkpoints; as `evalEvery`. */
  readonly checkpointEvery?: number | undefined;
  /** Newest checkpoints that are kept, besides the best. */
  readonly keep?: number | undefined;
  /** Only the first so many pictures of the data set, of which some may be held out; all if it has fewer. */
  readonly limit?: number | undefined;
  readonly gray?: boolean | undefined;
  readonly resize?: Extent | undefined;
  readonly skipBad?: boolean | undefined;
  /** Whether every frame of an animation and every page of a TIFF file is a picture, or the first alone. */
  readonly frames?: boolean | undefined;
  /** Of arrays, the value that is white, and a letter for each axis: see `OpenOptions`. */
  readonly white?: number | undefined;
  readonly layout?: string | undefined;
  /**
   * Size of the part that is taken of each picture, after `resize`: at a random place in training, else in the centre.
   */
  readonly crop?: Extent | undefined;
  /** Whether training flips pictures left to right, at random, half of the time. */
  readonly mirror?: boolean | undefined;
  /**
   * A run whose tokenizer makes codes of the pictures, which the model draws in their place: one that trained a
   * tokenizer, or that was trained with one.
   */
  readonly tokenizer?: string | undefined;
  /**
   * With a tokenizer: of how many views of each picture, cropped and flipped as `crop` and `mirror` ask for, codes are
   * made before training. 8 by default where there is something to crop or to flip, else 1.
   */
  readonly views?: number | undefined;
  /** Trains on so many pictures whose three colours are pictures of the data set: see `stacked`. */
  readonly stack?: number | undefined;
}

/** What to train, wherever it is kept. */
export type RequestedTraining = Omit<TrainRequest, "out" | "force">;

/** A request whose device is decided. */
export interface PlacedRequest extends RequestedTraining {
  readonly device?: Device | undefined;
}

const MAX_BATCH = 65_536;
const MAX_VIEWS = 65_536;

/**
 * Checks the numbers of a request that are used before there is a configuration (which is checked itself) or are not in
 * it.
 *
 * @throws ARGUMENT
 */
export function checkRequest({
  epochs,
  limit,
  batch,
  shares,
  warmup,
  seed,
  validFraction,
  views,
  crop,
  mirror,
  tokenizer,
}: RequestedTraining): void {
  if (views !== undefined) {
    if (views > 1 && crop === undefined && !mirror)
      throw expected(
        "ARGUMENT",
        "crops, or pictures to be flipped,",
        "several views",
        "none",
        "crop",
        "mirror",
      );
    if (tokenizer === undefined)
      throw expected("ARGUMENT", "a tokenizer", "training on views", "none", "tokenizer");
    wholeNumber(views, "views", 1, MAX_VIEWS);
  }
  if (epochs !== undefined) wholeNumber(epochs, "epochs", 1);
  if (limit !== undefined) wholeNumber(limit, "limit", 1);
  if (batch !== undefined) wholeNumber(batch, "batch", 1, MAX_BATCH);
  if (shares !== undefined) wholeNumber(shares, "shares", 1, MAX_THREADS);
  if (warmup !== undefined) wholeNumber(warmup, "warmup", 0);
  if (seed !== undefined) wholeNumber(seed, "seed", 0);
  if (validFraction !== undefined) numberFrom(validFraction, "validFraction", 0, 1);
}

/** The name of a data set or model, which may be given by its name or itself. */
export const nameOf = (given: string | { readonly name: string }): string =>
  typeof given === "string" ? given : given.name;
