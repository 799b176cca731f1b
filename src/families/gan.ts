import { add, input, mean, mul } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { substitute } from "../graph/walk.ts";
import { modelOf, settingsOf } from "../models/by-name.ts";
import { Scope } from "../nn/scope.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { openGeneratorSampler, type GeneratorGraph } from "../programs/generator-sampler.ts";
import { checkedSizes, refuseDropout, type NetworkConfig } from "../programs/network.ts";
import { scaledPicture } from "../programs/scaled-picture.ts";
import type { Part, TracedFigure, Trainable } from "../programs/trainable.ts";
import type { Settings } from "../models/settings.ts";
import type { Family } from "./family.ts";
import { GAN_LOSSES, type GanLossName, type PenaltyWeight } from "./gan-loss.ts";
import { optimizerOf, type TrainingSettings } from "./optimizers.ts";

const DISCRIMINATOR = "discriminator";
const GENERATOR = "generator";

/**
 * A generator, which makes pictures of random numbers, and a discriminator, which scores how real pictures look,
 * trained against each other (I. Goodfellow et al. 2014). No figure tells which checkpoint is best: a loss says how the
 * two stand to each other.
 */
export const gan: Family = {
  name: "gan",
  hasLikelihood: false,
  readsFields: false,
  trainable,

  evaluation(config, batch) {
    const { picture, classes, parts } = networksOf(config, batch);
    return {
      picture,
      classes,
      noise: [],
      parts: [parts.discriminator, parts.generator],
      figures: [],
      best: undefined,
    };
  },

  can: {
    sample: (model, options, place) => openGeneratorSampler(generatorGraph, model, options, place),
    interpolate: generatorGraph,
  },
  cannot: {
    score: "a GAN draws pictures, and has no likelihood of any picture",
    complete: "a GAN draws whole pictures at once, and none that begins with given pixels",
    latents: "a GAN has no encoder: only of pictures that it drew are the latents known",
    observe: "all pixels are made at once, by a network that browsers do not run",
    explain: "all pixels are made at once, of the same random numbers",
  },
};

/** The generator alone. */
function generatorGraph(config: NetworkConfig, batch: number): GeneratorGraph {
  const { classes, parts, generate } = networksOf(config, batch);
  const noise = Scope.root();
  const latents = noise.noise("latents", generate.latents, "normal");
  const output = { kind: "values", node: generate.pictures(latents) } as const;
  return { classes, noise: noise.noiseInputs, parts: [parts.generator], output };
}

/**
 * The discriminator's step comes first (algorithm 1 of the paper), so that the generator follows one that has seen the
 * pictures of this step. Each draws latents of its own.
 */
function trainable(config: NetworkConfig, batch: number, settings: TrainingSettings): Trainable {
  const { picture, classes, real, generate, score, parts } = networksOf(config, batch);
  refuseDropout(config, settings);
  const chosen = settingsOf(config.model, config.settings)!;
  const loss = GAN_LOSSES[chosen["ganLoss"] as GanLossName];
  const noise = Scope.root();
  const latents = (part: string) => noise.noise(`${part}.latents`, generate.latents, "normal");
  const optimizer = ganOptimizer(settings);

  const fake = generate.pictures(latents(DISCRIMINATOR));
  const [ofReal, ofFake] = [score(real), score(fake)];
  const uniform = () => noise.noise(`${DISCRIMINATOR}.between`, [batch, 1, 1, 1], "uniform");
  const penalties = loss.penalties({ score, real, fake, uniform });
  const game = loss.discriminator(ofReal, ofFake);
  const weight = input("penalty weight", [1, 1, 1, 1]);
  const discriminator = {
    ...parts.discriminator,
    loss: mean(penalties.reduce((sum, { node }) => add(sum, mul(node, weight)), game)),
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
  const schedules = loss.weight ? [{ node: weight, at: weightAt(loss.weight, chosen, settings.steps) }] : [];
  return { picture, classes, noise: noise.noiseInputs, schedules, parts: [discriminator, generator] };
}

const figure = (name: string, label: string, node: Node, lowerIsBetter = true): TracedFigure => ({
  name,
  label,
  decimals: 3,
  lowerIsBetter,
  node,
  scale: 1,
});

/** What the weight of penalties is at a step 1, 2, .. */
function weightAt({ setting, last }: PenaltyWeight, settings: Settings, steps: number) {
  const first = settings[setting] as number;
  return (step: number): number => first * along(1, last, step / steps);
}

/** Without momentum, and with a memory of gradients' squares that gets longer. */
const BETA1 = 0;
const BETA2 = { first: 0.9, last: 0.99 };

const ganOptimizer = ({ beta1 = BETA1, beta2, ...settings }: TrainingSettings): Optimizer =>
  optimizerOf({
    ...settings,
    beta1,
    beta2: beta2 ?? ((step) => along(BETA2.first, BETA2.last, step / settings.steps)),
  });

/** From one number to another along half a cosine: Y. Huang et al. 2024 change all that they change so. */
const along = (first: number, last: number, done: number): number =>
  last + ((first - last) * (1 + Math.cos(Math.PI * done))) / 2;

/** Generator and discriminator as graphs, for one batch size. */
function networksOf(config: NetworkConfig, batch: number) {
  const model = modelOf("gan", config.model);
  const sizes = checkedSizes(config);
  const { size, levels, classes: known } = config;
  const picture = input("pictures", [batch, size.channels, size.rows, size.cols]);
  const classes = known && input("classes", [batch, known.length, 1, 1]);
  const real = scaledPicture(picture, levels);

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
  // A loss and its penalties score the same pictures.
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
