import { expected } from "../basics/errors.ts";
import type { PictureClass } from "../data/classes.ts";
import type { PictureSize } from "../data/dataset.ts";
import { familyOf } from "../families/by-name.ts";
import { codeMapOf } from "../families/code-network.ts";
import { tokenizerOf } from "../families/code-prior.ts";
import { OPTIMIZERS, type OptimizerKind } from "../families/optimizers.ts";
import { defaultLikelihood } from "../likelihood/by-name.ts";
import { settingsOf, sizesOf } from "../models/by-name.ts";
import type { TokenizerConfig } from "../programs/network.ts";
import { runConfigOf, type RunConfig } from "../run/config.ts";
import type { Device } from "../runtime/device.ts";
import { cores } from "../runtime/workers/node.ts";
import { version } from "../version.ts";
import { TRAIN_DEFAULTS } from "./defaults.ts";
import { fieldOf, requestOfField } from "./field-request.ts";
import { nameOf, type PlacedRequest, type TrainRequest } from "./request.ts";

// From a request to the configuration of its run, and back.

/** What a configuration needs of the training pictures. */
export interface TrainingPictures {
  readonly count: number;
  readonly levels: number;
  readonly size: PictureSize;
  /** The classes, if the network is class-conditional. */
  readonly classes?: readonly PictureClass[] | undefined;
  /** What makes codes of them. */
  readonly tokenizer?: TokenizerConfig | undefined;
  /** Channels of the pictures to condition on, if there are such. */
  readonly conditionChannels?: number | undefined;
}

const VIEWS_OF_CROPS = 8;

/**
 * The configuration of a run for a request, with a value for everything that the request leaves open.
 *
 * @throws ARGUMENT if the request makes no sense; as `sizesOf`
 */
export function configOf(request: PlacedRequest, pictures: TrainingPictures, threads?: number): RunConfig {
  const given = Object.entries(request).filter(([, value]) => value !== undefined);
  const model = nameOf(request.model ?? TRAIN_DEFAULTS.model);
  const family = familyOf({ model });
  const { optimizer = family.optimizer } = request;
  const {
    sizes = {},
    settings = {},
    ...all
  } = {
    ...TRAIN_DEFAULTS,
    // Another name is refused with the configuration.
    ...(Object.hasOwn(OPTIMIZERS, optimizer) ? OPTIMIZERS[optimizer] : OPTIMIZERS.adam).defaults,
    ...Object.fromEntries(given),
  } as typeof TRAIN_DEFAULTS & OptimizerKind["defaults"] & PlacedRequest;
  const { epochs, batch } = all;
  const device: Device = all.device;
  const steps =
    epochs === undefined || request.steps !== undefined
      ? all.steps
      : Math.ceil((epochs * pictures.count) / batch);
  const evalEvery = all.evalEvery ?? Math.ceil(steps / 10);
  const { tokenizer } = pictures;
  if (tokenizer && !family.can.sample)
    throw expected("ARGUMENT", "a model that draws", "a training with a tokenizer", model, "model");
  const levels = tokenizer
    ? codeMapOf(tokenizerOf({ ...pictures, model, modelConfig: {} })).levels
    : pictures.levels;
  const hasViews = all.crop !== undefined || all.mirror === true;
  const config: RunConfig = {
    format: 2,
    nextpixel: version,
    family: family.name,
    network: {
      model,
      modelConfig: sizesOf(model, sizes, all.preset),
      settings: settingsOf(model, settings),
      likelihood: all.likelihood ?? (family.hasLikelihood ? defaultLikelihood(levels) : undefined),
      levels: pictures.levels,
      size: pictures.size,
      field: fieldOf(request, pictures.conditionChannels),
      positions: all.positions || undefined,
      differences: all.differences || undefined,
      classes: pictures.classes && [...pictures.classes],
      tokenizer,
    },
    data: {
      train: nameOf(all.dataset),
      valid: all.valid === undefined ? all.validFraction : nameOf(all.valid),
      condition: all.condition,
      limit: all.limit,
      gray: all.gray ?? false,
      resize: all.resize ?? null,
      skipBad: all.skipBad ?? false,
      frames: all.frames,
      white: all.white,
      layout: all.layout,
      crop: all.crop,
      mirror: all.mirror ?? false,
      views: tokenizer && (all.views ?? (hasViews ? VIEWS_OF_CROPS : 1)),
      stack: all.stack,
    },
    training: {
      steps,
      batch,
      shares: Math.min(batch, all.shares ?? (device === "cpu" ? (threads ?? cores()) : 1)),
      device,
      optimizer,
      lr: all.lr,
      warmup: Math.min(all.warmup, Math.floor(steps / 2)),
      decay: all.decay,
      clip: all.clip,
      ema: all.ema && typeof all.ema === "object" ? Array.from(all.ema) : all.ema,
      beta1: all.beta1,
      beta2: all.beta2,
      weightDecay: all.weightDecay,
      dropout: all.dropout,
      seed: all.seed,
      evalEvery,
      patience: all.patience,
      checkpointEvery: all.checkpointEvery ?? evalEvery,
      keep: all.keep,
    },
  };
  return runConfigOf(config, "training", "ARGUMENT");
}

/**
 * The request that a run with this configuration came from, or an equivalent one, without `out`. `run` is its folder,
 * where its tokenizer is, if it has one.
 */
export function requestOf({ network, data, training }: RunConfig, run: string): Omit<TrainRequest, "out"> {
  const { model, modelConfig: sizes, settings, likelihood, levels, classes, tokenizer, field } = network;
  const { positions, differences } = network;
  const {
    train: dataset,
    valid,
    condition,
    resize,
    limit,
    gray,
    skipBad,
    frames,
    white,
    layout,
    crop,
    mirror,
    views,
    stack,
  } = data;
  return {
    dataset,
    ...(typeof valid === "string" ? { valid } : { validFraction: valid }),
    condition,
    limit,
    gray,
    resize: resize ?? undefined,
    skipBad,
    frames,
    white,
    layout,
    crop,
    mirror,
    views,
    stack,
    tokenizer: tokenizer && run,
    model,
    sizes,
    settings,
    likelihood,
    levels,
    classConditional: classes !== undefined,
    positions,
    differences,
    ...requestOfField(field),
    ...training,
  };
}
