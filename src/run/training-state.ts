import { expected } from "../basics/errors.ts";
import { sameShape } from "../graph/shapes.ts";
import { parameterCount, placed } from "../programs/parameters.ts";
import type { Part, PartVectors, TrainablePart } from "../programs/trainable.ts";
import type { PartState, TrainingState } from "../programs/training-state.ts";
import { AVERAGE, vectorsOf } from "../programs/update-program.ts";
import type { Checkpoint, ReadCheckpoint } from "./checkpoint.ts";
import type { Tensor32 } from "./safetensors.ts";

/*
 * Every parameter has a tensor under its own name for each vector of the training state: "network/average.first.weight"
 * is the moving average of the parameter "first.weight" of the part "network". Files of format 1, from before there
 * were parts, lack the part's name: "average.first.weight".
 */
const FORMAT = "nextpixel checkpoint 2";
const FORMAT_1 = "nextpixel checkpoint 1";

/** The state of a training as a checkpoint: everything that is needed to go on. */
export const toCheckpoint = (
  { step, parts: state }: TrainingState,
  parts: readonly TrainablePart[],
): Checkpoint => ({
  step,
  tensors: new Map(
    parts.flatMap((part) =>
      vectorsOf(part.optimizer).flatMap((vector) => tensorsOf(part, vector, state[part.name]![vector]!)),
    ),
  ),
  metadata: { format: FORMAT },
});

/** A validation's figure, by which checkpoints are compared. */
export interface BestFigure {
  readonly name: string;
  readonly value: number;
}

/** The averaged weights alone: everything that is needed to draw. `best` says by what they were chosen. */
export const toWeights = (
  step: number,
  weights: PartVectors,
  parts: readonly Part[],
  best?: BestFigure,
): Checkpoint => ({
  step,
  tensors: new Map(parts.flatMap((part) => tensorsOf(part, AVERAGE, weights[part.name]!))),
  metadata: { format: FORMAT, ...(best && { figure: best.name, value: String(best.value) }) },
});

const tensorsOf = (part: Part, vector: string, values: Float32Array): [string, Tensor32][] =>
  placed(part.declarations).map(({ name, shape, start, end }) => [
    `${part.name}/${vector}.${name}`,
    { shape, data: values.subarray(start, end) },
  ]);

/**
 * The state of a training, from a checkpoint.
 *
 * @throws FORMAT if a tensor is missing, has another shape, or has values that it cannot have
 */
export function fromCheckpoint(checkpoint: ReadCheckpoint, parts: readonly TrainablePart[]): TrainingState {
  const stateOf = (part: TrainablePart): PartState =>
    Object.fromEntries(
      vectorsOf(part.optimizer).map((vector) => [vector, vectorOf(checkpoint, part, vector)]),
    );
  return {
    step: checkpoint.step,
    parts: Object.fromEntries(parts.map((part) => [part.name, stateOf(part)])),
  };
}

/** The averaged weights in a checkpoint. @throws FORMAT as `fromCheckpoint`. */
export const weightsIn = (checkpoint: ReadCheckpoint, parts: readonly Part[]): PartVectors =>
  Object.fromEntries(parts.map((part) => [part.name, vectorOf(checkpoint, part, AVERAGE)]));

/** Vectors that are never below 0. */
const SQUARES: readonly string[] = ["adam.v"];

/** One vector of a part. */
function vectorOf({ tensors, metadata, file }: ReadCheckpoint, part: Part, vector: string): Float32Array {
  const prefix = metadata["format"] === FORMAT_1 ? vector : `${part.name}/${vector}`;
  const isSquare = SQUARES.includes(vector);
  const found = placed(part.declarations).map(({ name, shape, start }) => {
    const key = `${prefix}.${name}`;
    const tensor = tensors.get(key);
    if (!tensor || !sameShape(tensor.shape, shape)) {
      throw expected("FORMAT", `shape [${shape.join(", ")}]`, `${key} in ${file}`, tensor?.shape ?? "none");
    }
    const wrong = tensor.data.find((value) => !Number.isFinite(value) || (isSquare && value < 0));
    if (wrong !== undefined) {
      const what = isSquare ? "finite numbers of at least 0" : "finite numbers";
      throw expected("FORMAT", what, `${key} in ${file}`, wrong);
    }
    return { start, data: tensor.data };
  });
  // Memory is allocated only after the file has turned out to hold this many values.
  const all = new Float32Array(parameterCount(part.declarations));
  for (const { start, data } of found) all.set(data, start);
  return all;
}
