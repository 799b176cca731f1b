import { add, input, mean, mul, sub } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";
import { substitute } from "../graph/walk.ts";
import { gan, type GanConfig } from "../models/gan.ts";
import { Scope } from "../nn/scope.ts";
import { adamW, type Optimizer } from "../optim/optimizer.ts";
import { learningRate } from "../optim/schedule.ts";
import type { NetworkConfig } from "../programs/network.ts";
import type { Part, TracedFigure, Trainable } from "../programs/trainable.ts";
import type { TrainingSettings } from "./family.ts";
import { GAN_LOSSES, type GanLossName } from "./gan-loss.ts";

const DISCRIMINATOR = "discriminator";
const GENERATOR = "generator";

export interface GanSettings extends TrainingSettings {
  readonly ganLoss?: GanLossName | undefined;
  /** Weight of the discriminator's penalties; the loss has one of its own. */
  readonly gamma?: number | undefined;
}

/**
 * A generator and a discriminator against each other (I. Goodfellow et al. 2014, algorithm 1). The discriminator's step comes first,
 * so that the generator follows one that has seen the pictures of this step. Each draws latents of its own.
 */
export function ganTrainable(config: NetworkConfig, batch: number, settings: GanSettings): Trainable {
  const { picture, classes, real, generate, score, parts } = networksOf(config, batch);
  const loss = GAN_LOSSES[settings.ganLoss ?? "r3gan"];
  const noise = Scope.root();
  const latents = (part: string) => noise.noise(`${part}.latents`, generate.latents, "normal");
  const optimizer = optimizerOf(settings);

  const fake = generate.pictures(latents(DISCRIMINATOR));
  const [ofReal, ofFake] = [score(real), score(fake)];
  const uniform = () => noise.noise(`${DISCRIMINATOR}.between`, [batch, 1, 1, 1], "uniform");
  const penalties = loss.penalties({ score, real, fake, uniform });
  const game = loss.discriminator(ofReal, ofFake);
  const gamma = settings.gamma ?? loss.gamma ?? 0;
  const discriminator = {
    ...parts.discriminator,
    loss: mean(penalties.reduce((sum, { node }) => add(sum, mul(node, gamma)), game)),
    optimizer,
    figures: [
      figure("discriminatorLoss", "D loss", game),
      ...penalties.map(({ name, label, node }) => figure(name, label, node)),
      figure("scoreReal", "D(real)", ofReal, false),
      figure("scoreGenerated", "D(generated)", ofFake),
    ],
  };

  const fooling = loss.generator(ofReal, score(generate.pictures(latents(GENERATOR))));
  const generator = {
    ...parts.generator,
    loss: mean(fooling),
    optimizer,
    figures: [figure("generatorLoss", "G loss", fooling)],
  };
  return { picture, classes, noise: noise.noiseInputs, parts: [discriminator, generator] };
}

const figure = (name: string, label: string, node: Node, lowerIsBetter = true): TracedFigure => ({
  name,
  label,
  decimals: 3,
  lowerIsBetter,
  node,
  scale: 1,
});

/** Without momentum, and with a memory of gradients' squares that gets longer: Y. Huang et al. 2024, appendix. */
const BETAS = { beta1: 0, beta2: { first: 0.9, last: 0.99 } } as const;

function optimizerOf({ lr, warmup, decay, steps, beta1, beta2, ...rest }: TrainingSettings): Optimizer {
  const { first, last } = BETAS.beta2;
  const rising = (step: number) => last + ((first - last) * (1 + Math.cos((Math.PI * step) / steps))) / 2;
  return adamW({
    ...rest,
    beta1: beta1 ?? BETAS.beta1,
    beta2: beta2 ?? rising,
    rate: (step) => learningRate({ rate: lr, warmup, decay, steps }, step),
  });
}

/** Generator and discriminator as graphs, for one batch size. */
export function networksOf(config: NetworkConfig, batch: number) {
  const model = gan;
  const sizes = config.modelConfig as GanConfig;
  const { size, levels, classes: known } = config;
  const picture = input("pictures", [batch, size.channels, size.rows, size.cols]);
  const classes = known && input("classes", [batch, known.length, 1, 1]);
  const real = named(sub(mul(picture, 2 / (levels - 1)), 1), "scaled picture");

  const networkOf = (name: string, build: (scope: Scope) => Node): { node: Node; part: Part } => {
    const scope = Scope.root({ path: name });
    const node = build(scope);
    return { node, part: { name, declarations: scope.declarations } };
  };
  const latents = input("latents", [batch, model.latents(sizes), 1, 1]);
  const generator = networkOf(GENERATOR, (scope) =>
    model.generator(scope, latents, sizes, { ...size, classes }),
  );
  const discriminator = networkOf(DISCRIMINATOR, (scope) =>
    model.discriminator(scope, real, sizes, { classes }),
  );
  // Losses and penalties score the same pictures.
  const scores = new Map<Node, Node>();
  return {
    picture,
    classes,
    /** The training pictures in [-1, 1]. */
    real,
    parts: { discriminator: discriminator.part, generator: generator.part },
    generate: {
      /** Shape of the latents. */
      latents: latents.shape,
      /** The pictures made of them: about in [-1, 1], but with no bounds. */
      pictures: (from: Node): Node => substitute(generator.node, latents, from),
    },
    /** [batch, 1, 1, 1] */
    score(pictures: Node): Node {
      const found = scores.get(pictures) ?? substitute(discriminator.node, real, pictures);
      scores.set(pictures, found);
      return found;
    },
  };
}
