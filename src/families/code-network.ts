import { expected } from "../basics/errors.ts";
import { add, input, maximum, minimum, mul, neg, reshape, round, stopGradient } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { sizeOf } from "../graph/shapes.ts";
import { binsOf, logMass } from "../likelihood/discretised-logistic.ts";
import { LOG_SCALES } from "../likelihood/logistic-mixture-layout.ts";
import { modelOf, settingsOf } from "../models/by-name.ts";
import type { CodeForm } from "../models/model.ts";
import { constantly } from "../nn/initialisers.ts";
import { Scope } from "../nn/scope.ts";
import { checkedSizes, type NetworkConfig } from "../programs/network.ts";
import { scaledPicture } from "../programs/scaled-picture.ts";
import type { Part } from "../programs/trainable.ts";

/** The name of the part of a model that has encoder and decoder of codes. */
export const TOKENIZER = "tokenizer";

/** The map of codes of a picture: itself a picture. */
export interface CodeMap extends CodeForm {
  readonly rows: number;
  readonly cols: number;
}

/** Encoder and decoder of a tokenizer as one graph. */
export interface CodeNetwork {
  readonly map: CodeMap;
  /** Levels, [batch, colours, rows, cols]. */
  readonly picture: Node<"input">;
  /** The picture in [-1, 1]. */
  readonly real: Node;
  /** The codes that the encoder gives, scaled to [-1, 1], [batch, channels, rows, cols] of the map. */
  readonly codes: Node;
  /** The same as whole numbers 0 .. levels-1. */
  readonly levels: Node;
  /** Codes as an input that takes the place of the encoder's, [batch, channels * rows * cols]; if it was asked for. */
  readonly given: Node<"input"> | undefined;
  /** What the decoder makes of codes, about in [-1, 1], in the shape of the picture. */
  readonly made: Node;
  /** -log p(picture | its codes) of each sub-pixel in nats: see `buildCodeNetwork`. */
  readonly nats: Node;
  readonly parts: readonly [Part];
}

/** The logarithm of the scale of p(picture | codes) before training, on the scale from -1 to 1. */
const FIRST_LOG_SCALE = -3;

/**
 * The networks of a tokenizer. p(picture | codes) is a logistic distribution around the reconstruction, cut into the
 * levels, with one scale for each colour. The scale is learnt from the reconstruction taken as a constant, so that
 * it changes nothing else.
 *
 * @throws as `Family.trainable`, also if only a setting of its training is wrong; ARGUMENT if the downsampling does not
 * divide the picture
 */
export function buildCodeNetwork(
  config: NetworkConfig,
  batch: number,
  source: "picture" | "given" = "picture",
): CodeNetwork {
  const model = modelOf("tokenizer", config.model);
  const sizes = checkedSizes(config);
  settingsOf(config.model, config.settings);
  if (config.classes)
    throw expected("ARGUMENT", "no classes", config.model, `${config.classes.length}`, "classConditional");
  const map = codeMapOf(config);
  const { channels: colours, rows, cols } = config.size;
  const picture = input("pictures", [batch, colours, rows, cols]);
  const real = scaledPicture(picture, config.levels);
  const scope = Scope.root();
  const codes = model.encoder(scope.at("encoder"), real, sizes);
  const given = source === "given" ? input("codes", [batch, sizeOf(codes.shape.slice(1))]) : undefined;
  const made = model.decoder(
    scope.at("decoder"),
    given ? reshape(given, codes.shape) : codes,
    sizes,
    colours,
  );
  const scale = scope.parameter("logScale", [1, colours, 1, 1], constantly(FIRST_LOG_SCALE));
  const logScale = minimum(maximum(scale, LOG_SCALES.least), LOG_SCALES.largest);
  const { place, outward, half } = binsOf(picture, config.levels);
  return {
    map,
    picture,
    real,
    codes,
    levels: levelsOfScaled(codes, map.levels),
    given,
    made,
    nats: neg(logMass(place, outward, stopGradient(made), logScale, half)),
    parts: [{ name: TOKENIZER, declarations: scope.declarations }],
  };
}

/** The levels 0 .. levels-1 of numbers from -1 to 1: the nearest. */
export const levelsOfScaled = (x: Node, levels: number): Node =>
  round(mul(add(minimum(maximum(x, -1), 1), 1), (levels - 1) / 2));

/** The map of codes of a tokenizer's pictures. @throws ARGUMENT if the downsampling does not divide them */
export function codeMapOf({
  model: name,
  modelConfig,
  size,
}: Pick<NetworkConfig, "model" | "modelConfig" | "size">): CodeMap {
  const form = modelOf("tokenizer", name).codes(checkedSizes({ model: name, modelConfig }));
  const { downsampling } = form;
  if (size.rows % downsampling !== 0 || size.cols % downsampling !== 0) {
    const what = `a multiple of ${downsampling} in rows and columns, which ${name} makes codes of,`;
    throw expected(
      "ARGUMENT",
      what,
      "the size of the pictures",
      `${size.cols}x${size.rows}`,
      "resize",
      "crop",
      "size",
    );
  }
  return { ...form, rows: size.rows / downsampling, cols: size.cols / downsampling };
}
