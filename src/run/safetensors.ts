import { expected } from "../basics/errors.ts";
import {
  isShape,
  MAX_HEADER_BYTES,
  MAX_RANK,
  MAX_TENSORS,
  METADATA,
  parseHeader,
  product,
} from "./safetensors-header.ts";

/*
 * The safetensors format: named arrays in one file, readable without running any code.
 *
 *     0           8                         8 + n                       end
 *     +-----------+-------------------------+---------------------------+
 *     | n: uint64 | header: n bytes of JSON | values of all tensors     |
 *     +-----------+-------------------------+---------------------------+
 *
 *     header  {"__metadata__": {"step": "1200"},
 *              "v1/weights": {"dtype": "F32", "shape": [64, 1, 3, 3], "data_offsets": [0, 2304]},
 *              "v1/bias":    {"dtype": "F32", "shape": [64], "data_offsets": [2304, 2560]}}
 *
 * - All numbers are little-endian, values are in row-major order.
 * - The header starts with "{". Spaces may follow it; the writer uses them to start the values at a multiple of 8.
 * - Offsets are [begin, end), counted from the end of the header. The tensors cover the values without gap or
 *   overlap.
 * - `__metadata__` is optional and maps strings to strings. No name appears twice.
 * - Of the many types of the format, only F32 (IEEE 754 binary32) is read and written here.
 */

/** An array of 32-bit floats in row-major order; `data.length` is the product of `shape`. */
export interface Tensor32 {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Node reads no larger file in one piece. */
export const MAX_FILE_BYTES = 2 ** 31 - 1;

const LENGTH_BYTES = 8;
const ALIGNMENT = 8;

/**
 * The bytes of a safetensors file.
 *
 * @throws ARGUMENT if the values of a tensor do not fit its shape, or if there is more than `decodeSafetensors` would
 * read
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor32>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  if (tensors.size > MAX_TENSORS) {
    throw expected("ARGUMENT", `at most ${MAX_TENSORS} tensors`, "a safetensors file", tensors.size);
  }
  const entries: [string, object][] = [[METADATA, metadata]];
  let end = 0;
  for (const [name, tensor] of tensors) {
    checkTensor(name, tensor);
    const begin = end;
    end += tensor.data.byteLength;
    entries.push([name, { dtype: "F32", shape: tensor.shape, data_offsets: [begin, end] }]);
  }
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerBytes = Math.ceil(header.length / ALIGNMENT) * ALIGNMENT;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw expected("ARGUMENT", `a header of at most ${MAX_HEADER_BYTES} bytes`, "tensors", headerBytes);
  }
  const valuesStart = LENGTH_BYTES + headerBytes;
  if (valuesStart + end > MAX_FILE_BYTES) {
    throw expected("ARGUMENT", `at most ${MAX_FILE_BYTES} bytes`, "tensors in one file", valuesStart + end);
  }

  const bytes = new Uint8Array(valuesStart + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(header, LENGTH_BYTES);
  bytes.fill(0x20, LENGTH_BYTES + header.length, valuesStart);
  let offset = valuesStart;
  for (const { data } of tensors.values()) {
    bytes.set(rawBytes(data), offset);
    offset += data.byteLength;
  }
  return bytes;
}

function checkTensor(name: string, { shape, data }: Tensor32): void {
  const label = `tensor ${JSON.stringify(name)}`;
  if (name === METADATA) throw expected("ARGUMENT", "a name that is not reserved", "a tensor", name);
  if (!isShape(shape)) {
    throw expected("ARGUMENT", `at most ${MAX_RANK} whole numbers`, `the shape of ${label}`, shape);
  }
  if (data.length !== product(shape)) {
    throw expected("ARGUMENT", `${product(shape)} values of shape [${shape.join(", ")}]`, label, data.length);
  }
}

/**
 * Reads a safetensors file, which may come from anywhere: nothing is allocated for a tensor before the whole header has
 * been checked.
 *
 * @throws FORMAT, naming `fileName`
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  fileName: string,
): { tensors: Map<string, Tensor32>; metadata: Record<string, string> } {
  const valuesStart = readValuesStart(bytes, fileName);
  const headerBytes = bytes.subarray(LENGTH_BYTES, valuesStart);
  const { entries, metadata } = parseHeader(headerBytes, bytes.length - valuesStart, fileName);

  const tensors = new Map<string, Tensor32>();
  for (const { name, shape, begin, end } of entries) {
    // A copy, because the values in a file need not start at a multiple of 4.
    const data = new Float32Array(product(shape));
    rawBytes(data).set(bytes.subarray(valuesStart + begin, valuesStart + end));
    tensors.set(name, { shape, data });
  }
  return { tensors, metadata };
}

function readValuesStart(bytes: Uint8Array, fileName: string): number {
  if (bytes.length < LENGTH_BYTES) {
    throw expected("FORMAT", `at least ${LENGTH_BYTES} bytes`, fileName, bytes.length);
  }
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const limit = Math.min(MAX_HEADER_BYTES, bytes.length - LENGTH_BYTES);
  if (headerBytes > limit) {
    throw expected("FORMAT", `a safetensors header of at most ${limit} bytes`, fileName, headerBytes);
  }
  return LENGTH_BYTES + Number(headerBytes);
}

/** Typed arrays have the byte order of the machine, and every machine that nextpixel runs on is little-endian. */
function rawBytes(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
