import { add, input, mean, mul } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { substitute } from "../graph/walk.ts";
import { Scope } from "../nn/scope.ts";
import type { Settings } from "../models/settings.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { Part, ScheduledInput, TracedFigure, TrainablePart } from "../programs/trainable.ts";
import { GAN_LOSSES, type GanLoss, type GanLossName, type PenaltyWeight } from "./gan-loss.ts";
import { optimizerOf, type TrainingSettings } from "./optimizers.ts";

/** The name of the part of a model that scores how real pictures look. */
export const DISCRIMINATOR = "discriminator";

/** A part of a model with its network, whose parameters are named after the part. */
export function networkPart(name: string, build: (scope: Scope) => Node): { node: Node; part: Part } {
  const scope = Scope.root({ path: name });
  const node = build(scope);
  return { node, part: { name, declarations: scope.declarations } };
}

export interface Discriminator {
  readonly part: Part;
  /** The score of each picture, [batch, 1, 1, 1], from pictures of the size of `real`. */
  score(pictures: Node): Node;
}

/** A network that scores pictures, as a function of them. */
export function discriminatorOf(real: Node, build: (scope: Scope) => Node): Discriminator {
  const { node, part } = networkPart(DISCRIMINATOR, build);
  // A loss and its penalties score the same pictures.
  const scores = new Map<Node, Node>();
  return {
    part,
    score(pictures) {
      const found = scores.get(pictures) ?? substitute(node, real, pictures);
      scores.set(pictures, found);
      return found;
    },
  };
}

/** What a discriminator is trained on. */
export interface Contest {
  /** Pictures, [batch, channels, rows, cols] in [-1, 1]. */
  readonly real: Node;
  /** As `real`, made by a network. */
  readonly fake: Node;
  /** Where random numbers come from. */
  readonly noise: Scope;
  /** `ADVERSARIAL_SETTINGS` with their values. */
  readonly chosen: Settings;
}

/** The loss of that name in the settings of a model. */
export const ganLossOf = (chosen: Settings): GanLoss => GAN_LOSSES[chosen["ganLoss"] as GanLossName];

/** A discriminator as what is trained: it tells real pictures from those that a network made. */
export function trainedDiscriminator(
  { part, score }: Discriminator,
  { real, fake, noise, chosen }: Contest,
  settings: TrainingSettings,
): { readonly part: TrainablePart; readonly schedules: readonly ScheduledInput[] } {
  const loss = ganLossOf(chosen);
  const [ofReal, ofFake] = [score(real), score(fake)];
  const uniform = () => noise.noise(`${DISCRIMINATOR}.between`, ofReal.shape, "uniform");
  const penalties = loss.penalties({ score, real, fake, uniform });
  const game = loss.discriminator(ofReal, ofFake);
  const weight = input("penalty weight", [1, 1, 1, 1]);
  return {
    part: {
      ...part,
      loss: mean(penalties.reduce((sum, { node }) => add(sum, mul(node, weight)), game)),
      optimizer: ganOptimizer(settings),
      figures: [
        ganFigure("discriminatorLoss", "D loss", game),
        ...penalties.map(({ name, label, node }) => ganFigure(name, label, node)),
        ganFigure("scoreReal", "D(real)", ofReal, false),
        ganFigure("scoreGenerated", "D(generated)", ofFake),
      ],
    },
    schedules: loss.weight ? [{ node: weight, at: weightAt(loss.weight, chosen, settings.steps) }] : [],
  };
}

/** A number of each picture that a game reports. */
export const ganFigure = (name: string, label: string, node: Node, lowerIsBetter = true): TracedFigure => ({
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

export const ganOptimizer = ({ beta1 = BETA1, beta2, ...settings }: TrainingSettings): Optimizer =>
  optimizerOf({
    ...settings,
    beta1,
    beta2: beta2 ?? ((step) => along(BETA2.first, BETA2.last, step / settings.steps)),
  });

/** From one number to another along half a cosine: Y. Huang et al. 2024 change all that they change so. */
const along = (first: number, last: number, done: number): number =>
  last + ((first - last) * (1 + Math.cos(Math.PI * done))) / 2;
