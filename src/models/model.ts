import type { Node } from "../graph/node.ts";
import type { Condition } from "../nn/condition-bias.ts";
import type { Scope } from "../nn/scope.ts";
import type { Setting } from "./settings.ts";

/** What the picture, the likelihood, the classes and a field require of a network. */
export interface NetworkContext extends Condition {
  /**
   * Groups, in order, into which the picture's colours and the channels of the logits fall: as many as colours, or one.
   * A group of the logits may depend on the pixel itself only through earlier groups of its colours.
   */
  readonly groups: number;
  /** Channels of the logits. */
  readonly outputs: number;
}

/** Sizes of a network, by the names that its model gives them: whole numbers of at least 1. */
export type ModelConfig = Readonly<Record<string, number>>;

/** What models of every family have. */
export interface ModelBasis<Config = ModelConfig> {
  readonly name: string;
  readonly defaults: Config;
  /** Other sizes, by name: those of the paper, "paper-" and the pictures that it used them for. */
  readonly presets: Readonly<Record<string, Config>>;
  /** What its training can be told beside its sizes; nothing if it is not there. */
  readonly settings?: Readonly<Record<string, Setting>>;
}

/** A network, as a function of its sizes. */
export interface AutoregressiveModel<Config = ModelConfig> extends ModelBasis<Config> {
  /** See `families/`. */
  readonly family: "autoregressive";
  /** Whether its networks tell themselves where a pixel is, so that nobody else has to. */
  readonly knowsPositions?: boolean;
  /**
   * The network: from a picture, [batch, colours, rows, cols] in [-1, 1], to logits, [batch, outputs, rows, cols].
   * It declares its parameters in `scope`.
   */
  network(scope: Scope, x: Node, config: Config, context: NetworkContext): Node;
}

/**
 * Two networks that are trained against each other, as functions of their sizes. They declare their parameters in
 * `scope`.
 */
export interface GanModel<Config = ModelConfig> extends ModelBasis<Config> {
  readonly family: "gan";
  /** How many normally distributed numbers a picture is made of. */
  latents(config: Config): number;
  /** From latents, [batch, latents, 1, 1], to a picture, [batch, channels, rows, cols], about in [-1, 1]. */
  generator(scope: Scope, latents: Node, config: Config, context: GeneratorContext): Node;
  /**
   * From a picture, [batch, channels, rows, cols] in [-1, 1], to a score, [batch, 1, 1, 1]: higher if it looks
   * real.
   */
  discriminator(scope: Scope, x: Node, config: Config, context: Pick<NetworkContext, "classes">): Node;
}

/** What is asked of a generator. */
export interface GeneratorContext extends Pick<NetworkContext, "classes"> {
  readonly channels: number;
  readonly rows: number;
  readonly cols: number;
}

/** Independent normal distributions, one for each latent, [batch, maps, rows, cols]. */
export interface Gaussian {
  readonly mean: Node;
  readonly logSigma: Node;
}

/** What the picture, the likelihood and the classes ask of an encoder and a decoder. */
export interface VariationalContext extends Pick<NetworkContext, "classes" | "outputs"> {
  /** Rows and columns of the picture. */
  readonly extent: readonly [rows: number, cols: number];
}

/**
 * The value of a group of latents: drawn from the posterior q(z | x) in training, from the prior p(z) to make
 * pictures. A group's distributions may depend on groups before it. A prior that is not given is standard normal.
 */
export type ChooseLatents = (name: string, posterior: Gaussian, prior?: Gaussian) => Node;

/** A latent variable model, as functions of its sizes (Kingma, Welling 2014). */
export interface VariationalModel<Config = ModelConfig> extends ModelBasis<Config> {
  /** See `families/`. */
  readonly family: "vae";
  /** From a picture, [batch, colours, rows, cols] in [-1, 1], to features for the decoder's posteriors. */
  encoder(scope: Scope, x: Node, config: Config, context: VariationalContext): readonly Node[];
  /**
   * From latents to logits, [batch, outputs, rows, cols]. Of the encoder's features only posteriors may be made:
   * without them it makes pictures.
   */
  decoder(
    scope: Scope,
    features: readonly Node[],
    config: Config,
    context: VariationalContext,
    choose: ChooseLatents,
  ): Node;
}

/** What the codes of a tokenizer are. */
export interface CodeForm {
  readonly channels: number;
  /** Of each channel. */
  readonly levels: number;
  /** Rows and columns of pixels for each one of codes. */
  readonly downsampling: number;
  /** A pixel depends on codes so many rows and columns away from the code that it lies in, at most. */
  readonly reach: number;
}

/**
 * An encoder from pictures to maps of codes, and a decoder from codes to pictures, as functions of their sizes. Both
 * are convolutional: they take pictures of any size that the downsampling divides. Codes are scaled to [-1, 1], as the
 * levels of pictures are for networks that read them.
 */
export interface TokenizerModel<Config = ModelConfig> extends ModelBasis<Config> {
  readonly family: "tokenizer";
  /** @throws ARGUMENT if the sizes are not those of a tokenizer */
  codes(config: Config): CodeForm;
  /**
   * From a picture, [batch, colours, rows, cols] in [-1, 1], to codes, [batch, channels, rows / downsampling, cols /
   * downsampling], rounded to levels, but differentiated as if they were not.
   */
  encoder(scope: Scope, x: Node, config: Config): Node;
  /** From codes to a picture, [batch, colours, rows, cols], about in [-1, 1]. */
  decoder(scope: Scope, codes: Node, config: Config, colours: number): Node;
  /** From a picture to a score, [batch, 1, 1, 1], as that of a GAN. */
  discriminator(scope: Scope, x: Node, config: Config): Node;
}

/** A model of any family. */
export type Model<Config = ModelConfig> =
  | AutoregressiveModel<Config>
  | VariationalModel<Config>
  | GanModel<Config>
  | TokenizerModel<Config>;
