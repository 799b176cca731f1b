import type { Evaluator } from "../programs/measure.ts";
import type { Figure, TrainablePart } from "../programs/trainable.ts";
import { vectorOfParts, type TrainingState } from "../programs/training-state.ts";
import type { Values } from "../runtime/values.ts";
import type { FigureValues } from "./events.ts";

/** What a validation has found. */
export interface Validated {
  /** The vector of the training state, of those that are averages, that is best. */
  readonly average: string;
  /**
   * Its figures. If there are several averages, also `ema`, the decay of the best, and the figure that says so of each,
   * such as `nats.0.999`.
   */
  readonly figures: FigureValues;
}

/** Whether one value of a figure is better than another. */
export const isBetter = ({ lowerIsBetter }: Pick<Figure, "lowerIsBetter">, value: number, than: number) =>
  lowerIsBetter ? value < than : value > than;

/** What `bestAverage` compares. */
export interface Compared extends Pick<TrainablePart["optimizer"]["averaging"], "averages"> {
  /** What tells the best checkpoint, if anything does. */
  readonly figure: Figure | undefined;
}

const EMA = "ema";
const ofDecay = (figure: string, decay: number | undefined) => `${figure}.${decay}`;

/** What is told beside a model's own figures, if it has several averages. */
export function figuresOfAverages({ averages, figure }: Compared): Figure[] {
  const decays = Object.values(averages);
  if (decays.length === 1 || figure === undefined) return [];
  const decimals = Math.max(...decays.map((decay) => String(decay).length - "0.".length));
  const chosen = { name: EMA, label: "decay of the best average", decimals, lowerIsBetter: false };
  const each = decays.map((decay) => ({
    ...figure,
    name: ofDecay(figure.name, decay),
    label: `${figure.label} of the average of ${decay}`,
  }));
  return [chosen, ...each].map((one) => ({ ...one, isDetail: true }));
}

/** Validates a model with each average of its weights. Of equally good ones the first is best. */
export async function bestAverage(
  evaluator: Evaluator,
  state: TrainingState<Values>,
  { averages, figure }: Compared,
): Promise<Validated> {
  const all: Validated[] = [];
  for (const average of Object.keys(averages))
    all.push({ average, figures: await evaluator.figures(vectorOfParts(state, average)) });
  const [first, ...others] = all as [Validated, ...Validated[]];
  if (others.length === 0 || figure === undefined) return first;
  const { name } = figure;
  const best = others.reduce(
    (best, one) => (isBetter(figure, one.figures[name]!, best.figures[name]!) ? one : best),
    first,
  );
  const each = all.map(({ average, figures }) => [ofDecay(name, averages[average]), figures[name]!] as const);
  return {
    average: best.average,
    figures: { ...best.figures, [EMA]: averages[best.average]!, ...Object.fromEntries(each) },
  };
}
