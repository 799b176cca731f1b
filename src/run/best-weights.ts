import { expected } from "../basics/errors.ts";
import type { Part, PartVectors } from "../programs/trainable.ts";
import type { ReadCheckpoint } from "./checkpoint.ts";
import { saveBestCheckpoint } from "./checkpoints.ts";
import { toWeights } from "./training-state.ts";

/** A validation's figure, by which checkpoints are compared. */
export interface BestFigure {
  readonly name: string;
  readonly value: number;
}

/** Writes the weights of the best validation so far, and the figure that says so, if any does. @throws WRITE */
export const saveBestWeights = (
  run: string,
  step: number,
  weights: PartVectors,
  parts: readonly Part[],
  best: BestFigure | undefined,
): Promise<void> =>
  saveBestCheckpoint(
    run,
    toWeights(step, weights, parts, best && { figure: best.name, value: String(best.value) }),
  );

/** The value of a figure in the file of the best weights. @throws FORMAT if it is not there. */
export function bestValueIn({ metadata, file }: ReadCheckpoint, figure: string): number {
  // Checkpoints of format 1 had one figure, validNats.
  const { figure: name = "nats", value = metadata["validNats"] } = metadata;
  const number = Number(value ?? Number.NaN);
  if (name === figure && Number.isFinite(number)) return number;
  throw expected("FORMAT", `a number as ${figure} in the metadata`, file, name === figure ? value : name);
}
