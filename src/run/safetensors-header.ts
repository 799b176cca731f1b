import { expected, NextpixelError, shown } from "../basics/errors.ts";
import { parseJson } from "../files/json.ts";

export const MAX_HEADER_BYTES = 8 * 2 ** 20;
export const MAX_TENSORS = 65_536;
export const MAX_RANK = 8;
/** The one name in a header that is not a tensor. */
export const METADATA = "__metadata__";

const VALUE_BYTES = Float32Array.BYTES_PER_ELEMENT;
const OPENING_BRACE = 0x7b;

/** Where the values of a tensor lie: bytes [begin, end) after the header. */
export interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads and checks the JSON header of a safetensors file (see safetensors.ts) whose values take `valueBytes` bytes.
 *
 * @throws FORMAT, naming `fileName`
 */
export function parseHeader(
  bytes: Uint8Array,
  valueBytes: number,
  fileName: string,
): { entries: readonly Entry[]; metadata: Record<string, string> } {
  const json =
    bytes[0] === OPENING_BRACE ? parseJson(bytes, `the safetensors header of ${fileName}`) : undefined;
  if (!isRecord(json)) throw unlike("a JSON object as safetensors header", fileName);
  const { [METADATA]: metadata = {}, ...named } = json;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    throw unlike(`${METADATA} that maps strings to strings`, fileName);
  }
  const names = Object.keys(named);
  if (names.length > MAX_TENSORS) {
    throw expected("FORMAT", `at most ${MAX_TENSORS} tensors`, fileName, names.length);
  }
  const entries = names.map((name) => parseEntry(name, named[name], fileName));
  checkCoverage(entries, valueBytes, fileName);
  // Without a prototype, a name such as "constructor" that is not in the file is not found either.
  const plain: Record<string, string> = Object.assign(Object.create(null), metadata);
  return { entries, metadata: plain };
}

function parseEntry(name: string, entry: unknown, fileName: string): Entry {
  const label = `tensor ${shown(name)} in ${fileName}`;
  if (!isRecord(entry) || Object.keys(entry).toSorted().join() !== "data_offsets,dtype,shape") {
    throw unlike("an entry of dtype, shape and data_offsets", label);
  }
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string") throw unlike("dtype F32", label);
  if (dtype !== "F32") throw expected("FORMAT", "dtype F32", label, dtype);
  if (!isShape(shape)) throw unlike(`a shape of at most ${MAX_RANK} whole numbers`, label);
  if (!isSizes(offsets) || offsets.length !== 2) throw unlike("data_offsets of two whole numbers", label);
  const [begin, end] = offsets as [number, number];
  if (product(shape) * VALUE_BYTES !== end - begin) {
    throw expected("FORMAT", `data_offsets that fit the shape [${shape.join(", ")}]`, label, offsets);
  }
  return { name, shape, begin, end };
}

/** Offsets that follow one another from 0 to the last byte are in range, and leave no gap and no overlap. */
function checkCoverage(entries: readonly Entry[], valueBytes: number, fileName: string): void {
  let covered = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      const label = `tensor ${shown(name)} in ${fileName}`;
      throw expected("FORMAT", `data_offsets from ${covered} on`, label, begin);
    }
    covered = end;
  }
  if (covered !== valueBytes) {
    throw expected("FORMAT", `${covered} bytes of values`, fileName, valueBytes);
  }
}

/** An error about a value that is not worth showing, or too large for it. */
function unlike(what: string, where: string): NextpixelError {
  return new NextpixelError("FORMAT", `expected ${what} for ${where}, received something else`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** Whether a value is a shape: an array of at most MAX_RANK whole numbers. */
export function isShape(value: unknown): value is number[] {
  return isSizes(value) && value.length <= MAX_RANK;
}

/** The number of values in an array of this shape. */
export function product(shape: readonly number[]): number {
  return shape.reduce((size, extent) => size * extent, 1);
}
