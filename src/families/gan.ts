import { input, mean } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { substitute } from "../graph/walk.ts";
import { modelOf, settingsOf } from "../models/by-name.ts";
import { Scope } from "../nn/scope.ts";
import { openGeneratorSampler, type GeneratorGraph } from "../programs/generator-sampler.ts";
import { checkedSizes, refuseDropout, type NetworkConfig } from "../programs/network.ts";
import { scaledPicture } from "../programs/scaled-picture.ts";
import type { Trainable } from "../programs/trainable.ts";
import {
  DISCRIMINATOR,
  discriminatorOf,
  ganFigure,
  ganLossOf,
  ganOptimizer,
  networkPart,
  trainedDiscriminator,
} from "./discriminator.ts";
import type { Family } from "./family.ts";
import type { TrainingSettings } from "./optimizers.ts";

const GENERATOR = "generator";

/**
 * A generator, which makes pictures of random numbers, and a discriminator, which scores how real pictures look,
 * trained against each other (I. Goodfellow et al. 2014). No figure tells which checkpoint is best: a loss says how the
 * two stand to each other.
 */
export const gan: Family = {
  name: "gan",
  hasLikelihood: false,
  optimizer: "adam",
  readsFields: false,
  trainable,

  evaluation(config, batch) {
    const { picture, classes, parts } = networksOf(config, batch);
    return {
      picture,
      classes,
      noise: [],
      parts: [parts.discriminator.part, parts.generator],
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
  const { picture, classes, real, generate, parts } = networksOf(config, batch);
  refuseDropout(config, settings);
  const chosen = settingsOf(config.model, config.settings)!;
  const noise = Scope.root();
  const latents = (part: string) => noise.noise(`${part}.latents`, generate.latents, "normal");

  const fake = generate.pictures(latents(DISCRIMINATOR));
  const { part: discriminator, schedules } = trainedDiscriminator(
    parts.discriminator,
    { real, fake, noise, chosen },
    settings,
  );
  const { score } = parts.discriminator;
  const fooling = ganLossOf(chosen).generator(score(real), score(generate.pictures(latents(GENERATOR))));
  const generator = {
    ...parts.generator,
    loss: mean(fooling),
    optimizer: ganOptimizer(settings),
    figures: [ganFigure("generatorLoss", "G loss", fooling)],
  };
  return { picture, classes, noise: noise.noiseInputs, schedules, parts: [discriminator, generator] };
}

/** Generator and discriminator as graphs, for one batch size. */
function networksOf(config: NetworkConfig, batch: number) {
  const model = modelOf("gan", config.model);
  const sizes = checkedSizes(config);
  const { size, levels, classes: known } = config;
  const picture = input("pictures", [batch, size.channels, size.rows, size.cols]);
  const classes = known && input("classes", [batch, known.length, 1, 1]);
  const real = scaledPicture(picture, levels);

  const latents = input("latents", [batch, model.latents(sizes), 1, 1]);
  const generator = networkPart(GENERATOR, (scope) =>
    model.generator(scope, latents, sizes, { ...size, classes }),
  );
  const discriminator = discriminatorOf(real, (scope) =>
    model.discriminator(scope, real, sizes, { classes }),
  );
  return {
    picture,
    classes,
    /** The training pictures in [-1, 1]. */
    real,
    parts: { discriminator, generator: generator.part },
    generate: {
      /** Shape of the latents. */
      latents: latents.shape,
      /** The pictures made of them: about in [-1, 1], but with no bounds. */
      pictures: (from: Node): Node => substitute(generator.node, latents, from),
    },
  };
}
