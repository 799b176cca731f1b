import { expected, NextpixelError } from "../basics/errors.ts";

export const MAX_HEADER_BYTES = 8 * 2 ** 20;
export const MAX_TENSORS = 65_536;
export const MAX_RANK = 8;
/** The one name in a header that is not a tensor. */
export const METADATA = "__metadata__";

const VALUE_BYTES = Float32Array.BYTES_PER_ELEMENT;
/** Characters of a string from the file that a message shows. */
const SHOWN = 60;

/** Where the values of a tensor lie: bytes [begin, end) after the header. */
export interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads and checks the JSON header of a safetensors file (see safetensors.ts) whose values take `valueBytes`
 * bytes. Throws FORMAT, naming `fileName`.
 */
export function parseHeader(
  bytes: Uint8Array,
  valueBytes: number,
  fileName: string,
): { entries: readonly Entry[]; metadata: Record<string, string> } {
  const text = decodeUtf8(bytes);
  const json = text?.startsWith("{") ? parseJson(text) : undefined;
  if (text === undefined || !isRecord(json)) {
    throw unlike("a JSON object as safetensors header", fileName);
  }
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

  // JSON.parse keeps the last of several equal names. Each that it drops takes strings with it, so count those: a
  // tensor has five (its name, three keys, the type), metadata one and two for each entry.
  const metadataStrings = METADATA in json ? 1 + 2 * Object.keys(metadata).length : 0;
  if (countStrings(text) !== 5 * entries.length + metadataStrings) {
    throw unlike("a safetensors header without repeated names", fileName);
  }
  // Without a prototype, a name such as "constructor" that is not in the file is not found either.
  const plain: Record<string, string> = Object.assign(Object.create(null), metadata);
  return { entries, metadata: plain };
}

function parseEntry(name: string, entry: unknown, fileName: string): Entry {
  const label = `tensor ${quoted(name)} in ${fileName}`;
  if (!isRecord(entry) || Object.keys(entry).toSorted().join() !== "data_offsets,dtype,shape") {
    throw unlike("an entry of dtype, shape and data_offsets", label);
  }
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string") throw unlike("dtype F32", label);
  if (dtype !== "F32") throw expected("FORMAT", "dtype F32", label, dtype.slice(0, SHOWN));
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
      const label = `tensor ${quoted(name)} in ${fileName}`;
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

/** A name from the file may be of any length. */
function quoted(name: string): string {
  return JSON.stringify(name.length > SHOWN ? `${name.slice(0, SHOWN)}...` : name);
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The number of string literals in valid JSON. A regular expression would overflow its stack on a long string. */
function countStrings(json: string): number {
  let count = 0;
  for (let i = json.indexOf('"'); i >= 0; i = json.indexOf('"', i + 1)) {
    count++;
    for (i++; json[i] !== '"'; i++) if (json[i] === "\\") i++;
  }
  return count;
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
