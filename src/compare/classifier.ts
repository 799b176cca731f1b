import { createHash } from "node:crypto";
import type { Dataset, PictureSize } from "../data/dataset.ts";
import { readAhead } from "../data/read-ahead.ts";
import { input, logSumExp, mean, mul, relu, reshape, sub, sum } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { sizeOf } from "../graph/shapes.ts";
import { AROUND, biasedConv } from "../nn/biased-conv.ts";
import { downsample } from "../nn/resampling.ts";
import { Scope } from "../nn/scope.ts";
import { adamW } from "../optim/optimizer.ts";
import { learningRate } from "../optim/schedule.ts";
import { scaledPicture } from "../programs/scaled-picture.ts";
import { initialParameters } from "../programs/parameters.ts";
import type { Part, Trainable } from "../programs/trainable.ts";
import { initialState } from "../programs/training-state.ts";
import { openTrainingStep } from "../programs/training-step.ts";
import { AVERAGE } from "../programs/update-program.ts";
import { trainingBatches } from "../train/batches.ts";
import { throwIfAborted } from "./interruption.ts";

/** What a classifier is made for. */
export interface ClassifierShape {
  readonly size: PictureSize;
  readonly levels: number;
  /** How many there are; 0 if there are no labels. */
  readonly classes: number;
}

/** A network that tells the class of a picture. */
export interface Classifier extends ClassifierShape {
  readonly weights: Float32Array;
  readonly seed: number;
  /** Of training; 0 if there are no labels, and its weights are random. */
  readonly steps: number;
  /** SHA-256 of its weights. */
  readonly sha256: string;
}

/** The classifier as a graph, for one batch size. */
export interface ClassifierGraph {
  readonly picture: Node<"input">;
  /** [batch, FEATURES, 1, 1]: its last hidden layer. */
  readonly features: Node;
  /** [batch, classes, 1, 1]; undefined if there are no classes. */
  readonly logits: Node | undefined;
  readonly part: Part;
}

/** Numbers that a picture becomes. */
export const FEATURES = 64;

const NAME = "classifier";
const WIDTH = 16;
const MOST_MAPS = 64;
/** No side gets shorter than this by halving. */
const SMALLEST_SIDE = 4;
/** Of the variance of weights that read the result of a ReLU (He, Zhang, Ren, Sun 2015). */
const GAIN_AFTER_RELU = 2;

/**
 * A small convolutional network: at each halving of the picture a 3 x 3 convolution, twice as wide as the one before,
 * then two layers that see all.
 */
export function classifierGraph({ size, levels, classes }: ClassifierShape, batch: number): ClassifierGraph {
  const picture = input("pictures", [batch, size.channels, size.rows, size.cols]);
  const scope = Scope.root({ path: NAME });
  let v = relu(biasedConv(scope.at("first"), scaledPicture(picture, levels), WIDTH, [3, 3], { pad: AROUND }));
  for (let i = 0; Math.min(v.shape[2]!, v.shape[3]!) > SMALLEST_SIDE; i++) {
    const maps = Math.min(2 * v.shape[1]!, MOST_MAPS);
    v = relu(downsample(scope.at(`halving${i}`), v, maps, GAIN_AFTER_RELU));
  }
  const whole = reshape(v, [batch, sizeOf(v.shape.slice(1)), 1, 1]);
  const dense = (name: string, x: Node, outputs: number, gain: number) =>
    biasedConv(scope.at(name), x, outputs, [1, 1], { gain });
  const features = relu(dense("features", whole, FEATURES, GAIN_AFTER_RELU));
  const logits = classes > 0 ? dense("logits", features, classes, 1) : undefined;
  return { picture, features, logits, part: { name: NAME, declarations: scope.declarations } };
}

const BATCH = 64;
/** Of a batch. Weights are the same on every machine that rounds as this one, whatever the number of its cores. */
const SHARES = 2;

/** Steps that a classifier is trained for at most, and passes over the pictures, if nothing else is said. */
const MOST_STEPS = 1000;
const MOST_EPOCHS = 30;

export interface ClassifierOptions {
  readonly seed: number;
  readonly steps?: number | undefined;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after every step. */
  readonly onStep?: ((step: number, steps: number) => void) | undefined;
}

/**
 * Trains a classifier on the labels of a data set by Adam: its loss is the cross entropy. If there are no labels, the
 * same network with random weights, whose features Naeem et al. 2020 advise for pictures that are far from photographs.
 *
 * @throws INTERRUPTED if the signal is aborted
 */
export async function trainClassifier(
  pictures: Dataset,
  { seed, steps = stepsFor(pictures.count), threads, signal, onStep }: ClassifierOptions,
): Promise<Classifier> {
  const { size, levels, labels, classNames } = pictures;
  const shape = { size, levels, classes: classNames?.length ?? 0 };
  if (labels === undefined) {
    const { part } = classifierGraph(shape, 1);
    return classifierOf(shape, initialParameters(part.declarations, seed), { seed, steps: 0 });
  }
  const build = (batch: number) => trainable(shape, batch, steps);
  let state = initialState(build(1).parts, seed);
  const step = await openTrainingStep(build, BATCH, { shares: SHARES, threads, seed });
  try {
    const batches = trainingBatches(pictures, { batch: BATCH, seed, crop: false, mirror: false, labels });
    const next = readAhead(batches, 0, steps);
    while (state.step < steps) {
      throwIfAborted(signal);
      const { levels: values, labels: own } = await next();
      ({ state } = await step.run(state, new Float32Array(values), own));
      onStep?.(state.step, steps);
    }
  } finally {
    await step.close();
  }
  return classifierOf(shape, state.parts[NAME]![AVERAGE]!, { seed, steps });
}

const stepsFor = (count: number): number => Math.min(MOST_STEPS, Math.ceil((MOST_EPOCHS * count) / BATCH));

const LEARNING_RATE = { rate: 3e-3, warmup: 20, decay: "cosine" } as const;

function trainable(shape: ClassifierShape, batch: number, steps: number): Trainable {
  const { picture, logits, part } = classifierGraph(shape, batch);
  const classes = input("classes", [batch, shape.classes, 1, 1]);
  const loss = mean(sub(logSumExp(logits!, [1]), sum(mul(logits!, classes), [1])));
  const rate = (step: number) => learningRate({ ...LEARNING_RATE, steps }, step);
  const optimizer = adamW({ rate, clip: 1, ema: 0.99 });
  return { picture, classes, noise: [], parts: [{ ...part, loss, optimizer, figures: [] }] };
}

const classifierOf = (
  shape: ClassifierShape,
  weights: Float32Array,
  training: Pick<Classifier, "seed" | "steps">,
): Classifier => ({
  ...shape,
  ...training,
  weights,
  sha256: createHash("sha256")
    .update(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength))
    .digest("hex"),
});
