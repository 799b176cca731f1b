import { createHash } from "node:crypto";
import * as v from "valibot";
import { checked } from "../files/checked.ts";
import { parseJson } from "../files/json.ts";
import { unexpected } from "../files/unexpected.ts";
import { MAX_PARTS, type PartOfWork, type PictureRange } from "./part-of-work.ts";

/*
 * What one of several processes has computed, in one file:
 *
 *     0          8                     40          44                     44 + n       end
 *     +----------+---------------------+-----------+----------------------+------------+
 *     | NPXPART1 | SHA-256 of the rest | n: uint32 | header: n bytes JSON | all arrays |
 *     +----------+---------------------+-----------+----------------------+------------+
 *
 *     header  {"about": {"task": "score", ..}, "part": {"index": 2, "of": 4}, "total": 256, "first": 64,
 *              "count": 64, "correct": 60, "arrays": [{"name": "nats", "type": "float64", "each": 1}]}
 *
 * - `about` is the same in all parts of the same work.
 * - An array has `each` numbers for each of `count` pictures. They follow one another without gaps, little-endian.
 */
const MAGIC = "NPXPART1";
const HASH_OFFSET = MAGIC.length;
const LENGTH_OFFSET = HASH_OFFSET + 32;
const HEADER_OFFSET = LENGTH_OFFSET + 4;
/** With the names of as many classes as there may be. */
const MAX_HEADER_BYTES = 2 ** 24;

const TYPES = { uint8: Uint8Array, float32: Float32Array, float64: Float64Array } as const;
export type PartArray = Uint8Array | Float32Array | Float64Array;

const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));
const header = v.strictObject({
  about: v.record(v.string(), v.unknown()),
  part: v.strictObject({ index: whole(1, MAX_PARTS), of: whole(1, MAX_PARTS) }),
  total: whole(1, 2 ** 32),
  first: whole(0, 2 ** 32),
  count: whole(1, 2 ** 32),
  correct: v.optional(whole(0, 2 ** 32)),
  arrays: v.array(
    v.strictObject({
      name: v.string(),
      type: v.picklist(Object.keys(TYPES) as (keyof typeof TYPES)[]),
      each: whole(1, 2 ** 31),
    }),
  ),
});

export interface PartFile extends PictureRange {
  /** The same for all parts of the same work: the task, the model, the seed, and so on. */
  readonly about: Readonly<Record<string, unknown>>;
  readonly part: PartOfWork;
  /** Pictures of all parts. */
  readonly total: number;
  /** How many pictures were classified correctly, if they were classified. */
  readonly correct?: number | undefined;
  /** By name, with as many numbers for each picture. */
  readonly arrays: Readonly<Record<string, PartArray>>;
}

/** The bytes of a part. */
export function encodePart({ arrays, ...rest }: PartFile): Uint8Array {
  const named = Object.entries(arrays);
  const json = JSON.stringify({
    ...rest,
    arrays: named.map(([name, values]) => ({ name, type: typeOf(values), each: values.length / rest.count })),
  });
  const text = Buffer.from(json);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const content = named.map(([, { buffer, byteOffset, byteLength }]) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  const body = Buffer.concat([length, text, ...content]);
  return Buffer.concat([Buffer.from(MAGIC), hashOf(body), body]);
}

const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

const typeOf = (values: PartArray) =>
  values instanceof Uint8Array ? "uint8" : values instanceof Float32Array ? "float32" : "float64";

/** A part, which may come from anywhere. @throws FORMAT that names `file` */
export function decodePart(bytes: Uint8Array, file: string): PartFile {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = all.toString("latin1", 0, HASH_OFFSET);
  if (magic !== MAGIC || all.length < HEADER_OFFSET)
    throw unexpected(file, "what --part has written", `the beginning ${JSON.stringify(magic)}`);
  if (!hashOf(all.subarray(LENGTH_OFFSET)).equals(all.subarray(HASH_OFFSET, LENGTH_OFFSET)))
    throw unexpected(file, "content of the SHA-256 that is written in it", "another one: it is damaged");
  const length = all.readUInt32LE(LENGTH_OFFSET);
  const start = HEADER_OFFSET + length;
  if (length > MAX_HEADER_BYTES || start > all.length)
    throw unexpected(file, `a header of at most ${MAX_HEADER_BYTES} bytes`, `${length}`);
  const { arrays: named, ...rest } = checked(
    header,
    parseJson(all.subarray(HEADER_OFFSET, start), file),
    file,
  );
  const wanted = named.reduce(
    (sum, { type, each }) => sum + rest.count * each * TYPES[type].BYTES_PER_ELEMENT,
    start,
  );
  if (wanted !== all.length) throw unexpected(file, `${wanted} bytes`, `${all.length}`);
  let at = start;
  const arrays = named.map(({ name, type, each }) => {
    const values = new TYPES[type](rest.count * each);
    const size = values.byteLength;
    // A copy, because the numbers in a file need not start at a multiple of their size.
    new Uint8Array(values.buffer).set(all.subarray(at, (at += size)));
    return [name, values] as const;
  });
  return { ...rest, arrays: Object.fromEntries(arrays) };
}
