import { expected } from "../basics/errors.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor32 } from "./safetensors.ts";

/** The state of a training after `step` steps. */
export interface Checkpoint {
  readonly step: number;
  readonly tensors: ReadonlyMap<string, Tensor32>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A checkpoint as it was read, with the name of its file for errors. */
export interface ReadCheckpoint extends Checkpoint {
  readonly file: string;
}

/** The bytes of a checkpoint's file, which has the step in its metadata. Errors as of `encodeSafetensors`. */
export const encodeCheckpoint = ({ step, tensors, metadata }: Checkpoint): Uint8Array =>
  encodeSafetensors(tensors, { ...metadata, step: String(step) });

/** The checkpoint in a file, which may come from anywhere. Throws FORMAT, naming `fileName`. */
export function decodeCheckpoint(bytes: Uint8Array, fileName: string): ReadCheckpoint {
  const content = decodeSafetensors(bytes, fileName);
  const { step: written, ...metadata } = content.metadata;
  const step = Number(written);
  if (!Number.isSafeInteger(step) || step < 0 || String(step) !== written) {
    throw expected("FORMAT", "a whole number as step in the metadata", fileName, written);
  }
  return { file: fileName, step, tensors: content.tensors, metadata };
}
