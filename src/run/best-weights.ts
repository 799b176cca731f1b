import { expected } from "../basics/errors.ts";
import type { Part, PartVectors } from "../programs/trainable.ts";
import type { Checkpoint, ReadCheckpoint } from "./checkpoint.ts";
import { saveBestCheckpoint } from "./checkpoints.ts";
import { toWeights, type BestFigure } from "./training-state.ts";

/** Writes the weights of the best validation so far, and the figure that says so, if any does. @throws WRITE */
export const saveBestWeights = (
  run: string,
  step: number,
  weights: PartVectors,
  parts: readonly Part[],
  best: BestFigure | undefined,
): Promise<void> => saveBestCheckpoint(run, toWeights(step, weights, parts, best));

/** The figure in the file of the best weights, if it has one. */
export function bestFigureIn({ metadata }: Checkpoint): BestFigure | undefined {
  const { name, text } = notedIn(metadata);
  const value = Number(text ?? Number.NaN);
  return Number.isFinite(value) ? { name, value } : undefined;
}

/** Checkpoints of format 1 had one figure, validNats. */
const notedIn = ({ figure = "nats", value, validNats }: Checkpoint["metadata"]) => ({
  name: figure,
  text: value ?? validNats,
});

/** The value of a figure in the file of the best weights. @throws FORMAT if it is not there. */
export function bestValueIn(checkpoint: ReadCheckpoint, figure: string): number {
  const found = bestFigureIn(checkpoint);
  if (found?.name === figure) return found.value;
  const { name, text } = notedIn(checkpoint.metadata);
  const received = name === figure ? text : name;
  throw expected("FORMAT", `a number as ${figure} in the metadata`, checkpoint.file, received);
}
