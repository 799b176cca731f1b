import * as v from "valibot";
import { expected, NextpixelError, type ErrorCode } from "../basics/errors.ts";
import { FAMILY_NAMES, familyNamed } from "../families/by-name.ts";
import { checked } from "../files/checked.ts";
import { MODELS } from "../models/by-name.ts";
import { OPTIMIZER_NAMES, OPTIMIZERS, type OptimizerKind } from "../families/optimizers.ts";
import { DEVICES } from "../runtime/device.ts";
import { readConfig } from "./run-folder.ts";

const wholeFrom = (min: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(min));
// Programs compute with float32: a number that is 0, 1 or infinite there must be refused as such here.
const positive = v.pipe(
  v.number(),
  v.check((value) => value > 0 && Math.fround(value) > 0, "Expected a number above 0, also as a float32"),
  v.check((value) => Number.isFinite(Math.fround(value)), "Expected a finite number, also as a float32"),
);
const below1 = v.check<number, string>(
  (value) => Math.fround(value) < 1,
  "Expected a number below 1, also as a float32",
);
const decay = v.pipe(v.number(), v.minValue(0), below1);
/** Each takes as much memory as the parameters, and a validation of its own. */
const MAX_AVERAGES = 8;
const several = v.pipe(
  v.array(decay),
  v.minLength(1),
  v.maxLength(MAX_AVERAGES),
  v.check((decays) => new Set(decays).size === decays.length, "Expected different decays"),
);
const size = v.strictObject({ rows: wholeFrom(1), cols: wholeFrom(1) });

/** Bounds on what a file may ask for: the more it asks for, the longer building the network takes. */
const MAX_CHANNELS = 64;
const MAX_SUB_PIXELS = 2 ** 24;
/** Of the network that reads a field. Each of its blocks reads twice as far as the one before. */
const MAX_MAPS = 4096;
const MAX_BLOCKS = 12;
const pictureSize = v.pipe(
  v.strictObject({ channels: v.pipe(wholeFrom(1), v.maxValue(MAX_CHANNELS)), ...size.entries }),
  v.check(
    ({ channels, rows, cols }) => channels * rows * cols <= MAX_SUB_PIXELS,
    `Expected at most ${MAX_SUB_PIXELS} sub-pixels`,
  ),
);

const fieldSizes = {
  width: v.pipe(wholeFrom(1), v.maxValue(MAX_MAPS)),
  depth: v.pipe(wholeFrom(1), v.maxValue(MAX_BLOCKS)),
};

const common = {
  nextpixel: v.string(),
  network: v.strictObject({
    model: v.string(),
    modelConfig: v.record(v.string(), wholeFrom(1)),
    /** Of the model, if it has any. */
    settings: v.optional(v.record(v.string(), v.union([v.number(), v.string()]))),
    /** Of families that have one. */
    likelihood: v.optional(v.string()),
    levels: v.pipe(wholeFrom(2), v.maxValue(256)),
    size: pictureSize,
    /** What is known of pictures in advance, if a network is conditioned on it. */
    field: v.optional(
      v.variant("kind", [
        v.strictObject({ kind: v.literal("known"), ...fieldSizes }),
        v.strictObject(
          {
            kind: v.literal("coarse"),
            halvings: v.pipe(wholeFrom(1), v.maxValue(16)),
            /** Older runs do not have it: their networks read the pixels themselves, and would be used wrongly. */
            reads: v.literal("differences"),
            /** In which the networks of larger pictures differ from that of the smallest. */
            sizes: v.optional(v.record(v.string(), wholeFrom(1))),
            ...fieldSizes,
          },
          ({ expected: wanted, message }) =>
            wanted === '"reads"' ? "Expected differences; train a run of an older version again" : message,
        ),
        v.strictObject({
          kind: v.literal("picture"),
          channels: v.pipe(wholeFrom(1), v.maxValue(MAX_CHANNELS)),
          ...fieldSizes,
        }),
      ]),
    ),
    /** Whether a network is told where in the picture a pixel is. */
    positions: v.optional(v.boolean()),
    /** Whether a network predicts how pixels differ from their neighbours. */
    differences: v.optional(v.boolean()),
    classes: v.optional(
      v.pipe(v.array(v.strictObject({ name: v.string(), pictures: wholeFrom(0) })), v.minLength(1)),
    ),
    /** Of a network that draws codes. */
    tokenizer: v.optional(
      v.strictObject({
        model: v.string(),
        modelConfig: v.record(v.string(), wholeFrom(1)),
        sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "Expected 64 hexadecimal digits")),
      }),
    ),
  }),
  data: v.strictObject({
    train: v.string(),
    /** A second data set, or the fraction of the first that is held out. */
    valid: v.union([v.string(), v.pipe(positive, below1)]),
    /** A folder of other pictures of the same names, which the network is told. */
    condition: v.optional(v.string()),
    /** Of how many pictures only, the first of the data set, training and held-out ones are. */
    limit: v.optional(wholeFrom(1)),
    gray: v.boolean(),
    resize: v.nullable(size),
    skipBad: v.boolean(),
    /** Whether every frame and page of a file is a picture. */
    frames: v.optional(v.boolean()),
    /** Of arrays: the value of white, and a letter for each axis. */
    white: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0))),
    layout: v.optional(v.string()),
    crop: v.optional(size),
    /** Whether training flips pictures, half of the time. */
    mirror: v.optional(v.boolean()),
    /** Of a network that draws codes: of how many views of each picture, cropped and flipped, codes were made. */
    views: v.optional(wholeFrom(1)),
    /** Of how many stacked pictures the training set is made. */
    stack: v.optional(wholeFrom(1)),
    /** How many there were; unknown of runs from before this was written down. */
    pictures: v.optional(v.strictObject({ train: wholeFrom(1), valid: wholeFrom(1) })),
  }),
  training: v.strictObject({
    steps: wholeFrom(1),
    batch: wholeFrom(1),
    /** Of a batch, each computed by a thread; runs from before there were shares had one. */
    shares: v.optional(wholeFrom(1), 1),
    /** What the run was begun on; runs from before there was a choice were trained on the CPU. */
    device: v.optional(v.picklist(DEVICES), "cpu"),
    /** Runs from before there was a choice were trained by Adam. */
    optimizer: v.optional(v.picklist(OPTIMIZER_NAMES), "adam"),
    lr: positive,
    warmup: wholeFrom(0),
    decay: v.union([v.picklist(["cosine", "wsd"]), v.pipe(positive, v.maxValue(1))]),
    clip: positive,
    /** Of optimizers that do not average in their own way; a list of several averages. */
    ema: v.optional(v.union([decay, several])),
    /** Of the optimizer; its defaults if they are not there. */
    beta1: v.optional(v.pipe(v.number(), v.minValue(0), below1)),
    beta2: v.optional(v.pipe(v.number(), v.minValue(0), below1)),
    weightDecay: v.optional(positive),
    dropout: v.optional(v.pipe(positive, below1)),
    seed: wholeFrom(0),
    evalEvery: wholeFrom(1),
    /** Validations that are not better, after which training ends. */
    patience: v.optional(wholeFrom(1)),
    checkpointEvery: wholeFrom(1),
    /** Checkpoints that are kept, besides the best. */
    keep: v.optional(wholeFrom(1), 2),
  }),
};

/** From before there were families. */
const schema1 = v.strictObject({ format: v.literal(1), ...common });
const schema2 = v.strictObject({ format: v.literal(2), family: v.picklist(FAMILY_NAMES), ...common });

/** `config.json`: what a run was asked for, and all that is needed to read its checkpoints. */
export type RunConfig = v.InferInput<typeof schema2>;

/**
 * The configuration of a run.
 *
 * @throws NOT_FOUND if there is no run; FORMAT if the file is not a configuration
 */
export async function readRunConfig(run: string): Promise<RunConfig> {
  return runConfigOf(await readConfig(run), `${run}/config.json`);
}

/**
 * The content of a file as the configuration of a run, in the newest format.
 * @throws an error of the given code that names the file if it is none.
 */
export function runConfigOf(content: unknown, file: string, code: ErrorCode = "FORMAT"): RunConfig {
  const config = isFormat1(content)
    ? ({ ...checked(schema1, content, file, code), format: 2, family: FAMILY_OF_FORMAT_1 } as const)
    : checked(schema2, content, file, code);
  const { family, network } = config;
  const own = MODELS.find(network.model)?.family;
  if (own !== undefined && own !== family) {
    throw expected(code, `${JSON.stringify(own)}, that of ${network.model}`, `the family in ${file}`, family);
  }
  const { hasLikelihood, readsFields } = familyNamed(family);
  if (network.field && !readsFields) {
    throw new NextpixelError(code, `${file}: network.field: Expected none of the family ${family}`, {
      about: ["completeAny", "coarseToFine", "condition"],
    });
  }
  const told = (["positions", "differences"] as const).find((name) => network[name]);
  if (told && !readsFields) {
    throw new NextpixelError(code, `${file}: network.${told}: Expected none of the family ${family}`, {
      about: [told],
    });
  }
  if (network.field && network.tokenizer) {
    throw new NextpixelError(code, `${file}: network.field: Expected none of a network that draws codes`, {
      about: ["tokenizer", "completeAny", "coarseToFine", "condition"],
    });
  }
  if (hasLikelihood !== (network.likelihood !== undefined)) {
    const wanted = hasLikelihood ? "a name" : `none of the family ${family}`;
    throw new NextpixelError(code, `${file}: network.likelihood: Expected ${wanted}`);
  }
  const { optimizer = "adam", ema: given } = config.training;
  const { ema }: OptimizerKind["defaults"] = OPTIMIZERS[optimizer].defaults;
  if ((ema === undefined) !== (given === undefined)) {
    const wanted = ema === undefined ? `none: ${optimizer} averages in its own way` : "a number";
    throw new NextpixelError(code, `${file}: training.ema: Expected ${wanted}`, { about: ["ema"] });
  }
  return config;
}

const FAMILY_OF_FORMAT_1 = "autoregressive";

const isFormat1 = (content: unknown): boolean =>
  typeof content === "object" && content !== null && "format" in content && content.format === 1;
