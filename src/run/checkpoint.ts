import { crc32c } from "../basics/crc32.ts";
import { expected, shown } from "../basics/errors.ts";
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

/** The bytes of a checkpoint's file, with the step and a checksum in its metadata. @throws as `encodeSafetensors` */
export const encodeCheckpoint = (checkpoint: Checkpoint): Uint8Array =>
  encodeSafetensors(checkpoint.tensors, {
    ...checkpoint.metadata,
    step: String(checkpoint.step),
    crc32c: checksumOf(checkpoint),
  });

/** The checkpoint in a file, which may come from anywhere. @throws FORMAT, naming `fileName` */
export function decodeCheckpoint(bytes: Uint8Array, fileName: string): ReadCheckpoint {
  const content = decodeSafetensors(bytes, fileName);
  const { step: written, crc32c: checksum, ...metadata } = content.metadata;
  const step = Number(written);
  if (!Number.isSafeInteger(step) || step < 0 || String(step) !== written) {
    throw expected("FORMAT", "a whole number as step in the metadata", fileName, written);
  }
  const checkpoint = { step, tensors: content.tensors, metadata };
  // Files of early versions have no checksum.
  if (checksum !== undefined && checksum !== checksumOf(checkpoint)) {
    throw expected("FORMAT", `content of the checksum ${shown(checksum)}`, fileName, checksumOf(checkpoint));
  }
  return { file: fileName, ...checkpoint };
}

/** CRC-32C of everything in a checkpoint. Without it, a damaged weight would only show in bad pictures. */
function checksumOf({ step, tensors, metadata }: Checkpoint): string {
  const inOrder = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
  const names = inOrder.map(([name, { shape }]) => [name, shape]);
  const header = JSON.stringify([step, Object.entries(metadata).sort(), names]);
  let checksum = crc32c(new TextEncoder().encode(header));
  for (const [, { data }] of inOrder) {
    checksum = crc32c(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), checksum);
  }
  return checksum.toString(16).padStart(8, "0");
}
