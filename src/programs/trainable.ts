import type { Node } from "../graph/node.ts";
import type { NoiseInput } from "../nn/noise-input.ts";
import type { Declaration } from "../nn/scope.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { Values } from "../runtime/values.ts";

// What a family of models makes of a configuration: graphs for one batch size, as plain data. Everything that trains or
// validates uses these types, and knows no family.

/** What a graph reads besides parameters. */
export interface GraphInputs {
  /** Levels 0 .. levels-1, [batch, channels, rows, cols]; of pairs (see `paired`) the channels of both pictures. */
  readonly picture: Node<"input">;
  /** The class of each picture, one-hot, [batch, classes, 1, 1]; undefined if there are no classes. */
  readonly classes: Node<"input"> | undefined;
  /** Random numbers, [batch, ...]. */
  readonly noise: readonly NoiseInput[];
}

/** A number that tells how good a model is, or how a training goes. */
export interface Figure {
  /** As records name it: "bitsPerDim". */
  readonly name: string;
  /** As people read it, after the number: "bits/dim". */
  readonly label: string;
  readonly decimals: number;
  readonly lowerIsBetter: boolean;
  /** Whether it is kept in records, but not told on the line that shows how a training goes. */
  readonly isDetail?: boolean;
}

/** A figure as a graph: its value is the mean over pictures of `scale` times the sum of a picture's numbers. */
export interface TracedFigure extends Figure {
  /** [batch, ...] */
  readonly node: Node;
  readonly scale: number;
}

/** A figure of all pictures together, which is no mean over them: such as how many codes are used. */
export interface PooledFigure extends Figure {
  /** [batch, ...] */
  readonly node: Node;
  /** Begins anew. */
  readonly pool: () => Pool;
}

/** What is known of all pictures so far. */
export interface Pool {
  /** What counts of the numbers of `count` pictures, [count, ...]: few, which processes tell each other. */
  reduced(values: Float32Array, count: number): Float64Array;
  /** Takes what counts of `count` more pictures. */
  add(reduced: Float64Array, count: number): void;
  value(): number;
}

/** Parameters under one name: a network, or the generator of a GAN. */
export interface Part {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}

/** Parameters that follow the gradient of one loss. */
export interface TrainablePart extends Part {
  /** What is minimised, a single number. It may read the parameters of other parts, which are constants to it. */
  readonly loss: Node;
  readonly optimizer: Optimizer;
  /** What is reported of every step. */
  readonly figures: readonly TracedFigure[];
}

/** A number that a loss reads, a function of the step 1, 2, .. */
export interface ScheduledInput {
  /** With one element. */
  readonly node: Node<"input">;
  readonly at: (step: number) => number;
}

/** What is trained. */
export interface Trainable extends GraphInputs {
  readonly schedules?: readonly ScheduledInput[];
  /**
   * In the order in which they are updated: the loss of a part sees the parameters that earlier parts have after this
   * step.
   */
  readonly parts: readonly TrainablePart[];
}

/** How a model is validated: its figures on pictures that it was not trained on. */
export interface Evaluation extends GraphInputs {
  readonly parts: readonly Part[];
  readonly figures: readonly (TracedFigure | PooledFigure)[];
  /**
   * The name of the figure that says which checkpoint is best; undefined if there is none, and the newest counts as
   * best.
   */
  readonly best: string | undefined;
}

/** The figure that says which checkpoint is best, if there is one. */
export const bestFigureOf = ({ figures, best }: Evaluation): Evaluation["figures"][number] | undefined =>
  figures.find(({ name }) => name === best);

/** A vector over all parameters of each part, by the part's name. */
export type PartVectors<Vector extends Values = Float32Array> = Readonly<Record<string, Vector>>;
