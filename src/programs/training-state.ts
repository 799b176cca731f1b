import { readValues, releaseValues, type Values } from "../runtime/values.ts";
import { initialParameters } from "./parameters.ts";
import type { TrainablePart } from "./trainable.ts";
import { PARAMETERS, vectorsOf } from "./update-program.ts";

/** All that training changes: the number of steps done, and the vectors of each part by the part's name. */
export interface TrainingState<Vector extends Values = Float32Array> {
  readonly step: number;
  readonly parts: Readonly<Record<string, PartState<Vector>>>;
}

/** The vectors of a part by their names: its parameters, their averages, and what its optimizer keeps. */
export type PartState<Vector extends Values = Float32Array> = Readonly<Record<string, Vector>>;

/** The state before the first step. */
export function initialState(
  parts: readonly Pick<TrainablePart, "name" | "declarations" | "optimizer">[],
  seed: number,
): TrainingState {
  const stateOf = ({ declarations, optimizer }: (typeof parts)[number]): PartState => {
    const parameters = initialParameters(declarations, seed);
    const zeros = vectorsOf(optimizer).map((name) => [name, new Float32Array(parameters.length)]);
    const averages = Object.keys(optimizer.averaging.averages).map((name) => [name, parameters.slice()]);
    return { ...Object.fromEntries([...zeros, ...averages]), [PARAMETERS]: parameters };
  };
  return { step: 0, parts: Object.fromEntries(parts.map((part) => [part.name, stateOf(part)])) };
}

/** One vector of every part. */
export const vectorOfParts = <Vector extends Values>(
  { parts }: TrainingState<Vector>,
  vector: string,
): Record<string, Vector> =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part[vector]!]));

/** The state as numbers in memory, wherever it is. */
export async function readState({ step, parts }: TrainingState<Values>): Promise<TrainingState> {
  const read: Record<string, PartState> = {};
  for (const [name, part] of Object.entries(parts)) {
    const vectors = Object.entries(part).map(async ([vector, values]) => [vector, await readValues(values)]);
    read[name] = Object.fromEntries(await Promise.all(vectors)) as PartState;
  }
  return { step, parts: read };
}

/** Frees a state that is not needed any more. */
export function releaseState({ parts }: TrainingState<Values>): void {
  for (const part of Object.values(parts)) for (const vector of Object.values(part)) releaseValues(vector);
}
