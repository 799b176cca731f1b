import { quantise } from "../../data/quantise.ts";
import type { TrainingPictures } from "./onnx-messages.ts";

/** The pictures of an IDX file (the format of MNIST) that is part of the site, gzipped or not. */
export async function idxPictures(
  bytes: Uint8Array,
  name: string,
  levels: number,
): Promise<TrainingPictures> {
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const unpacked = isPacked ? await gunzipped(bytes) : bytes;
  const header = new DataView(unpacked.buffer, unpacked.byteOffset, 16);
  const [rows, cols] = [header.getUint32(8), header.getUint32(12)];
  const pixels = quantise(unpacked.subarray(16), levels);
  return { name, size: { channels: 1, rows, cols }, levels, pixels };
}

async function gunzipped(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
