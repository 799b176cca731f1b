import { expected } from "../basics/errors.ts";
import { sameShape } from "../graph/shapes.ts";
import type { Declaration } from "../nn/scope.ts";
import { parameterCount, placed } from "../programs/parameters.ts";
import type { TrainingState } from "../programs/training-step.ts";
import type { Checkpoint, ReadCheckpoint } from "./checkpoint.ts";
import type { Tensor32 } from "./safetensors.ts";

/** Under which prefix a checkpoint keeps each vector of the training state: "average.first.weight" and so on. */
const PREFIXES = { parameters: "parameters", average: "average", m: "adam.m", v: "adam.v" } as const;
type Vector = keyof typeof PREFIXES;

/** The state of a training as a checkpoint: every parameter under its own name, with its shape. */
export function toCheckpoint(state: TrainingState, declarations: readonly Declaration[]): Checkpoint {
  const tensors = new Map<string, Tensor32>();
  for (const [vector, prefix] of Object.entries(PREFIXES) as [Vector, string][]) {
    for (const { name, shape, start, end } of placed(declarations)) {
      tensors.set(`${prefix}.${name}`, { shape, data: state[vector].subarray(start, end) });
    }
  }
  return { step: state.step, tensors, metadata: { format: "nextpixel checkpoint 1" } };
}

/** The same, with the mean nats of the validation pictures. */
export function toBestCheckpoint(
  state: TrainingState,
  declarations: readonly Declaration[],
  validNats: number,
): Checkpoint {
  const { metadata, ...rest } = toCheckpoint(state, declarations);
  return { ...rest, metadata: { ...metadata, validNats: String(validNats) } };
}

/** Those nats. FORMAT error if they are not there. */
export function validNatsOf({ metadata, file }: ReadCheckpoint): number {
  const nats = Number(metadata["validNats"] ?? Number.NaN);
  if (Number.isFinite(nats)) return nats;
  throw expected("FORMAT", "a number as validNats in the metadata", file, metadata["validNats"]);
}

/** The state of a training, from a checkpoint. Errors as of `vectorOf`. */
export function fromCheckpoint(
  checkpoint: ReadCheckpoint,
  declarations: readonly Declaration[],
): TrainingState {
  const vector = (name: Vector) => vectorOf(checkpoint, name, declarations);
  return {
    step: checkpoint.step,
    parameters: vector("parameters"),
    average: vector("average"),
    m: vector("m"),
    v: vector("v"),
  };
}

/** One vector of the training state, from a checkpoint. FORMAT error if a tensor is missing, has another shape, or not such values. */
export function vectorOf(
  { tensors, file }: ReadCheckpoint,
  vector: Vector,
  declarations: readonly Declaration[],
): Float32Array {
  const parts = placed(declarations).map(({ name, shape, start }) => {
    const key = `${PREFIXES[vector]}.${name}`;
    const tensor = tensors.get(key);
    if (!tensor || !sameShape(tensor.shape, shape)) {
      throw expected("FORMAT", `shape [${shape.join(", ")}]`, `${key} in ${file}`, tensor?.shape ?? "none");
    }
    const wrong = tensor.data.find((value) => !Number.isFinite(value) || (vector === "v" && value < 0));
    if (wrong !== undefined) {
      const what = vector === "v" ? "finite numbers of at least 0" : "finite numbers";
      throw expected("FORMAT", what, `${key} in ${file}`, wrong);
    }
    return { start, data: tensor.data };
  });
  // Not before the file has turned out to have as much.
  const all = new Float32Array(parameterCount(declarations));
  for (const { start, data } of parts) all.set(data, start);
  return all;
}
