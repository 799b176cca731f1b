import { add, broadcast, constant, div, exp, input, mul, reshape, sub } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { sizeOf } from "../graph/shapes.ts";
import type { Likelihood } from "../likelihood/likelihood.ts";
import { modelOf, settingsOf } from "../models/by-name.ts";
import type { Gaussian } from "../models/model.ts";
import type { NoiseInput } from "../nn/noise-input.ts";
import { Scope } from "../nn/scope.ts";
import { checkedSizes, checkLogits, likelihoodOf, NETWORK, type NetworkConfig } from "../programs/network.ts";
import { scaledPicture } from "../programs/scaled-picture.ts";
import type { Part } from "../programs/trainable.ts";
import { sumOfEach } from "./sum-of-each.ts";

/** Where latents come from: drawn from the posterior or the prior, the means of the posterior, or an input. */
export type LatentSource = "posterior" | "prior" | "posterior mean" | "given";

/** Latents that have their distributions together, and what they are. */
export interface LatentGroup {
  readonly name: string;
  readonly posterior: Gaussian;
  readonly prior: Gaussian;
  /** Standard normal; undefined if nothing is drawn. */
  readonly noise: Node | undefined;
  /** What `z` is, [batch, latents], if it is an input. */
  readonly given: Node<"input"> | undefined;
  /** [batch * samples, maps, rows, cols] */
  readonly z: Node;
}

/** An encoder and a decoder written out as one graph. */
export interface VariationalNetwork {
  readonly likelihood: Likelihood;
  /** Levels, [batch, channels, rows, cols]. */
  readonly picture: Node<"input">;
  readonly classes: Node<"input"> | undefined;
  readonly groups: readonly LatentGroup[];
  /** [batch * samples, outputs, rows, cols] */
  readonly logits: Node;
  /** -log p(x | z) of every sub-pixel in nats, [batch * samples, channels, rows, cols]. */
  readonly nats: Node;
  readonly parts: readonly [Part];
  readonly noise: readonly NoiseInput[];
}

/**
 * The network of a configuration, with so many draws of the latents for each picture.
 * @throws as `Family.trainable`, also if only a setting of its training is wrong.
 */
export function buildVariational(
  config: NetworkConfig,
  batch: number,
  source: LatentSource,
  samples = 1,
): VariationalNetwork {
  const model = modelOf("vae", config.model);
  const sizes = checkedSizes(config);
  settingsOf(config.model, config.settings);
  const likelihood = likelihoodOf(config);
  const { channels, rows, cols } = config.size;
  const outputs = likelihood.logits(channels);
  const picture = input("pictures", [batch, channels, rows, cols]);
  const classes = config.classes && input("classes", [batch, config.classes.length, 1, 1]);
  const scope = Scope.root();
  const noiseScope = scope.at("noise");
  const groups: LatentGroup[] = [];

  const choose = (name: string, posterior: Gaussian, prior = STANDARD_NORMAL): Node => {
    const { shape } = posterior.mean;
    let noise: Node | undefined;
    let z = posterior.mean;
    let given: Node<"input"> | undefined;
    if (source === "given") {
      given = input(`latents ${name}`, [batch, sizeOf(shape.slice(1))]);
      z = reshape(given, shape);
    } else if (source !== "posterior mean") {
      noise = reshape(
        noiseScope.noise(name, [batch, samples * shape[1]!, ...shape.slice(2)], "normal"),
        shape,
      );
      const { mean, logSigma } = source === "prior" ? prior : posterior;
      z = add(mean, mul(exp(logSigma), noise));
    }
    groups.push({ name, posterior, prior, noise, given, z });
    return z;
  };

  const context = { extent: [rows, cols], outputs } as const;
  const scaled = scaledPicture(picture, config.levels);
  const features = model.encoder(scope.at("encoder"), scaled, sizes, { ...context, classes });
  const logits = model.decoder(
    scope.at("decoder"),
    features.map((field) => repeated(field, samples)),
    sizes,
    { ...context, classes: classes && repeated(classes, samples) },
    choose,
  );
  checkLogits(logits, [batch * samples, outputs, rows, cols]);
  return {
    likelihood,
    picture,
    classes,
    groups,
    logits,
    nats: likelihood.nats(logits, repeated(picture, samples)),
    parts: [{ name: NETWORK, declarations: scope.declarations }],
    noise: scope.noiseInputs,
  };
}

/** Every entry of a batch so many times, one after the other. */
function repeated(x: Node, times: number): Node {
  if (times === 1) return x;
  const [batch, ...rest] = x.shape as [number, ...number[]];
  const each = broadcast(reshape(x, [batch, 1, ...rest]), [batch, times, ...rest]);
  return reshape(each, [batch * times, ...rest]);
}

const ZERO = constant([0], [1, 1, 1, 1]);
const STANDARD_NORMAL: Gaussian = { mean: ZERO, logSigma: ZERO };

const square = (x: Node): Node => mul(x, x);

/** The KL divergence of each posterior q from its prior p, in nats: [batch, 1, 1, 1]. */
export const klOf = ({ posterior: q, prior: p }: LatentGroup): Node =>
  sumOfEach(
    sub(
      add(
        sub(p.logSigma, q.logSigma),
        div(mul(add(exp(mul(2, q.logSigma)), square(sub(q.mean, p.mean))), exp(mul(-2, p.logSigma))), 2),
      ),
      0.5,
    ),
  );

/** log p(z) - log q(z) of the latents drawn from the posterior, in nats: [batch * samples, 1, 1, 1]. */
export const logRatioOf = ({ posterior: q, prior: p, noise, z }: LatentGroup): Node =>
  sumOfEach(
    add(
      sub(q.logSigma, p.logSigma),
      div(sub(square(noise!), square(div(sub(z, p.mean), exp(p.logSigma)))), 2),
    ),
  );
