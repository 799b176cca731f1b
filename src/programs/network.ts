import { expected, wholeNumber } from "../basics/errors.ts";
import type { PictureSize } from "../data/dataset.ts";
import type { PictureClass } from "../data/classes.ts";
import { groupOf } from "../graph/channel-groups.ts";
import { checkCausality } from "../graph/causality.ts";
import { add, input, mul, shift, slice, sub } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import type { Shape } from "../graph/primitives.ts";
import { sameShape } from "../graph/shapes.ts";
import { likelihoodByName } from "../likelihood/by-name.ts";
import type { Likelihood } from "../likelihood/likelihood.ts";
import { modelOf, sizesOf } from "../models/by-name.ts";
import type { ModelConfig } from "../models/model.ts";
import type { Settings } from "../models/settings.ts";
import type { NoiseInput } from "../nn/noise-input.ts";
import { readsPositions } from "../nn/positions.ts";
import { Scope, type Declaration } from "../nn/scope.ts";
import {
  checkFieldIsRead,
  featuresOfField,
  fieldInput,
  isHalved,
  scaledField,
  type FieldConfig,
} from "./field.ts";
import { scaledPicture } from "./scaled-picture.ts";
import type { Part } from "./trainable.ts";

/** Everything that defines a network, except the values of its parameters. */
export interface NetworkConfig {
  readonly model: string;
  /** Sizes that the model's defaults are overridden with. */
  readonly modelConfig: ModelConfig;
  /** Settings of its training, if the model has any. */
  readonly settings?: Settings | undefined;
  /** One of ours (`LikelihoodName`), or of `defineLikelihood`; undefined of a family without. */
  readonly likelihood?: string | undefined;
  readonly levels: number;
  readonly size: PictureSize;
  /** The classes of the pictures, if the network is class-conditional. */
  readonly classes?: readonly PictureClass[] | undefined;
  /** What is known of each picture in advance, if the network is conditioned on a field. */
  readonly field?: FieldConfig | undefined;
  /** Whether the network is told where in the picture a pixel is, which the papers' networks are not. */
  readonly positions?: boolean | undefined;
  /**
   * Whether the network reads and predicts how pixels differ from the mean of those beside and above, which the papers'
   * networks do not. Coarse to fine it is for the smallest picture: the other networks read differences in any case.
   */
  readonly differences?: boolean | undefined;
  /** What makes codes of the pictures, if the network draws codes: levels and size are those of the pictures still. */
  readonly tokenizer?: TokenizerConfig | undefined;
}

/** A trained tokenizer. */
export interface TokenizerConfig extends Pick<NetworkConfig, "model" | "modelConfig"> {
  /** SHA-256 of its file, with its weights, in hexadecimal digits. */
  readonly sha256: string;
}

/** The name of the one part of a model that is one network. */
export const NETWORK = "network";

/** A network written out as a graph, for one batch size. */
export interface Network {
  readonly likelihood: Likelihood;
  readonly levels: number;
  /** Levels 0 .. levels-1, [batch, channels, rows, cols]. */
  readonly picture: Node<"input">;
  /** The class of each picture, one-hot, [batch, classes, 1, 1]; undefined if the network is not class-conditional. */
  readonly classes: Node<"input"> | undefined;
  /** What is known in advance, [batch, channels, rows, cols]; undefined if the network is conditioned on no field. */
  readonly field: Node<"input"> | undefined;
  readonly logits: Node;
  /** -log p of every sub-pixel in nats, [batch, channels, rows, cols]. */
  readonly nats: Node;
  readonly declarations: readonly Declaration[];
  /** The same as the one part of the model, `NETWORK`. */
  readonly parts: readonly [Part];
  /** The masks of dropout, if the network was built for training with it. */
  readonly noise: readonly NoiseInput[];
}

export interface NetworkOptions {
  /** What the names of its parameters and of its random numbers begin with; nothing if it is not given. */
  readonly path?: string | undefined;
  /** The share of features that training drops; none if it is not given. */
  readonly dropout?: number | undefined;
}

/** A network is a likelihood and what turns a picture in [-1, 1] into its logits. */
export type BuildLogits = (
  scope: Scope,
  x: Node,
  outputs: number,
  classes: Node | undefined,
  field: Node | undefined,
) => Node;

/**
 * The network of a configuration.
 *
 * @throws NOT_FOUND or ARGUMENT if the configuration or the options ask for something that does not exist, CAUSALITY if
 * a prediction would depend on pixels that it must not depend on.
 */
export function buildNetwork(config: NetworkConfig, batch: number, options: NetworkOptions = {}): Network {
  const model = modelOf("autoregressive", config.model);
  if (config.field?.kind === "coarse")
    throw expected("ARGUMENT", "a model of one network", "the model", "one of several, coarse to fine");
  const { positions, differences } = config;
  if (positions && model.knowsPositions)
    throw expected(
      "ARGUMENT",
      "a model that does not know positions by itself",
      "positions",
      model.name,
      "positions",
    );
  const sizes = checkedSizes(config);
  const likelihood = likelihoodOf(config);
  if (differences && !likelihood.around)
    throw expected(
      "ARGUMENT",
      "a likelihood with means, as logistic-mixture is,",
      "differences",
      likelihood.name,
      "differences",
    );
  const groups = likelihood.groups(config.size.channels);
  const network = networkOf(
    { ...config, likelihood },
    batch,
    (scope, x, outputs, classes, field) =>
      model.network(scope, x, sizes, { groups, outputs, classes, field, positions }),
    options,
  );
  checkFieldIsRead(config.model, network.logits, network.field);
  if (positions && !readsPositions(network.logits))
    throw expected("ARGUMENT", "a model that reads them, as ours do,", "positions", model.name, "model");
  if (network.noise.length === 0) refuseDropout(config, options);
  return network;
}

/** Refuses dropout for a model that has none. @throws ARGUMENT */
export function refuseDropout({ model }: NetworkConfig, { dropout }: NetworkOptions): void {
  if (dropout === undefined) return;
  const able = "a model that has dropout (pixelcnn-pp or pixelsnail)";
  throw expected("ARGUMENT", able, "training with dropout", model);
}

/** The sizes of a network. @throws ARGUMENT if they are none. */
export function checkedSizes({
  model,
  modelConfig,
}: Pick<NetworkConfig, "model" | "modelConfig">): ModelConfig {
  const sizes = sizesOf(model, modelConfig);
  for (const [name, value] of Object.entries(sizes)) wholeNumber(value, name, 1, 65_536);
  return sizes;
}

/** The likelihood of a network. @throws ARGUMENT if its configuration names none, and as `likelihoodByName`. */
export function likelihoodOf({ likelihood, levels }: NetworkConfig): Likelihood {
  if (likelihood === undefined) throw expected("ARGUMENT", "a name", "network.likelihood", likelihood);
  return likelihoodByName(likelihood, levels);
}

/** What a network is for. The likelihood is given by its name, or as it is. */
export interface NetworkBasis extends Pick<
  NetworkConfig,
  "levels" | "size" | "classes" | "field" | "differences"
> {
  readonly likelihood: string | Likelihood;
}

/** A network from any function that builds logits. @throws CAUSALITY as `buildNetwork` */
export function networkOf(
  { likelihood: name, levels, size, classes: known, field: conditioned, differences }: NetworkBasis,
  batch: number,
  build: BuildLogits,
  { dropout, path }: NetworkOptions = {},
): Network {
  const likelihood = typeof name === "string" ? likelihoodByName(name, levels) : name;
  const picture = input("pictures", [batch, size.channels, size.rows, size.cols]);
  const scaled = scaledPicture(picture, levels);
  const scope = Scope.root({ dropout, path });
  const classes = known && input("classes", [batch, known.length, 1, 1]);
  const outputs = likelihood.logits(size.channels);
  const groups = likelihood.groups(size.channels);
  const field = conditioned && fieldInput(conditioned, size, batch);
  const told = field && scaledField(field, conditioned, levels);
  const features = told && featuresOfField(scope.at("field"), told, conditioned);
  // Where pixels are likely to lie, if anything is known of that.
  const fromNeighbours = differences ? meanOfNeighbours(scaled) : undefined;
  const places = told && isHalved(conditioned) ? slice(told, 1, 0, size.channels) : fromNeighbours;
  const built = build(scope, places ? sub(scaled, places) : scaled, outputs, classes, features);
  checkLogits(built, [batch, outputs, size.rows, size.cols]);
  const logits = places && likelihood.around ? likelihood.around(built, places) : built;
  const { declarations } = scope;
  // The first of the picture's channels that a group of logits predicts: the group may depend on what comes before it.
  checkCausality(logits, picture, (channel) => groupOf(channel, outputs, groups) * (size.channels / groups));
  return {
    likelihood,
    levels,
    picture,
    classes,
    field,
    logits,
    nats: likelihood.nats(logits, picture),
    declarations,
    parts: [{ name: NETWORK, declarations }],
    noise: scope.noiseInputs,
  };
}

/** At each pixel the mean of the one to the left and the one above; 0 takes the place of those outside the picture. */
const meanOfNeighbours = (x: Node): Node => mul(add(shift(x, 0, 1), shift(x, 1, 0)), 0.5);

/** @throws SHAPE if the logits are not of the shape that they must have. */
export function checkLogits({ shape }: Node, wanted: Shape): void {
  if (sameShape(shape, wanted)) return;
  throw expected("SHAPE", `[${wanted.join(", ")}]`, "the logits of the network", shape);
}
