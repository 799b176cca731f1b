import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NextpixelError } from "../../src/basics/errors.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/run/safetensors.ts";
import type { Tensor32 } from "../../src/run/safetensors.ts";

const FILE = "runs/x/step.safetensors";

const tensor: fc.Arbitrary<Tensor32> = fc.array(fc.nat(4), { maxLength: 4 }).chain((shape) => {
  const size = shape.reduce((a, b) => a * b, 1);
  // Bits, not numbers, so that every NaN and both zeros occur.
  const bits = fc.uint32Array({ minLength: size, maxLength: size });
  return bits.map((words) => ({ shape, data: new Float32Array(words.buffer) }));
});
const name = fc
  .oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "constructor", "toJSON", "1", "0", ""))
  .filter((text) => text !== "__metadata__");
const tensors = fc.array(fc.tuple(name, tensor), { maxLength: 5 }).map((entries) => new Map(entries));
const metadata = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("__proto__", "dtype")), fc.string());

function bits(data: Float32Array): number[] {
  return [...new Uint32Array(data.buffer, data.byteOffset, data.length)];
}

/** A file with this header and this many bytes of values. */
function file(header: string, valueBytes: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + valueBytes);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 8);
  return bytes;
}

function entry(shape: string, begin: number, end: number, dtype = "F32"): string {
  return `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;
}

describe("a safetensors file", () => {
  test("keeps every tensor, bit for bit, and the metadata", () => {
    fc.assert(
      fc.property(tensors, metadata, (tensors, metadata) => {
        const decoded = decodeSafetensors(encodeSafetensors(tensors, metadata), FILE);
        expect([...decoded.tensors.keys()].toSorted()).toEqual([...tensors.keys()].toSorted());
        for (const [name, { shape, data }] of tensors) {
          const read = decoded.tensors.get(name)!;
          expect(read.shape).toEqual(shape);
          expect(bits(read.data)).toEqual(bits(data));
        }
        expect(Object.entries(decoded.metadata).toSorted()).toEqual(Object.entries(metadata).toSorted());
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test("starts its values at a multiple of 8", () => {
    fc.assert(
      fc.property(tensors, metadata, (tensors, metadata) => {
        const bytes = encodeSafetensors(tensors, metadata);
        expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).toBe(0n);
      }),
      { seed: 2 },
    );
  });

  test("has exactly the bytes of the specification", () => {
    const bytes = encodeSafetensors(new Map([["w", { shape: [2], data: Float32Array.of(1, -2) }]]), {
      a: "b",
    });
    const header = '{"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    const padded = header.padEnd(80);
    expect(Buffer.from(bytes).toString("latin1")).toBe(`\x50\0\0\0\0\0\0\0${padded}\0\0\x80\x3f\0\0\0\xc0`);
  });

  test("is read whatever its alignment, and from a part of a larger buffer", () => {
    const whole = Buffer.concat([Buffer.alloc(3), file(`{"w":${entry("[1]", 0, 4)}}`, 4)]);
    whole.writeFloatLE(1.5, whole.length - 4);
    const { tensors, metadata } = decodeSafetensors(whole.subarray(3), FILE);
    expect(tensors).toEqual(new Map([["w", { shape: [1], data: Float32Array.of(1.5) }]]));
    expect(metadata["constructor"]).toBeUndefined();
  });

  test("that is cut or changed anywhere is decoded or is a FORMAT error, and nothing else", () => {
    const change = fc.tuple(
      fc.nat(),
      fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('"[]{},:0-.eE\\'))),
    );
    let refused = 0;
    fc.assert(
      fc.property(
        tensors,
        metadata,
        fc.array(change, { maxLength: 4 }),
        fc.nat(),
        fc.boolean(),
        (...input) => {
          const [tensors, metadata, changes, cut, isCut] = input;
          const valid = encodeSafetensors(tensors, metadata);
          const bytes = isCut ? valid.slice(0, cut % valid.length) : valid;
          for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
          try {
            const decoded = decodeSafetensors(bytes, FILE);
            for (const { shape, data } of decoded.tensors.values()) {
              expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
            }
          } catch (error) {
            if (!(error instanceof NextpixelError)) throw error;
            expect(error.code).toBe("FORMAT");
            expect(error.message).toContain(FILE);
            expect(error.message).not.toContain("\n");
            refused++;
          }
        },
      ),
      { seed: 3, numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(500);
  });

  const ok = entry("[2]", 0, 8);
  test.each([
    ["an empty file", new Uint8Array(0)],
    ["no whole length", new Uint8Array(7)],
    ["a header longer than the file", Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d)],
    ["a header of 2^63 bytes", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0x80, 0x7b, 0x7d)],
    ["a header above the limit", file(`{}${" ".repeat(8 * 2 ** 20)}`, 0)],
    ["no JSON", file("{w}", 0)],
    ["JSON that starts with a space", file(" {}", 0)],
    ["JSON that is no object", file("[]", 0)],
    ["no UTF-8", Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x22, 0xff, 0x22, 0x7d)],
    ["deeply nested JSON", file(`{"w":${"[".repeat(500_000)}${"]".repeat(500_000)}}`, 0)],
    ["another dtype", file(`{"w":${entry("[2]", 0, 8, "I32")}}`, 8)],
    ["a missing key", file('{"w":{"dtype":"F32","shape":[]}}', 4)],
    ["a further key", file(`{"w":${ok.replace("}", ',"x":1}')}}`, 8)],
    ["a key of the prototype", file('{"w":{"dtype":"F32","shape":[],"__proto__":[0,4]}}', 4)],
    ["a negative extent", file(`{"w":${entry("[-2,-1]", 0, 8)}}`, 8)],
    ["a fraction", file(`{"w":${entry("[0.5,4]", 0, 8)}}`, 8)],
    ["a shape that is no array", file(`{"w":${entry('{"length":0}', 0, 4)}}`, 4)],
    ["nine dimensions", file(`{"w":${entry("[1,1,1,1,1,1,1,1,2]", 0, 8)}}`, 8)],
    ["a size beyond all numbers", file(`{"w":${entry(`[${Array(8).fill(2 ** 53 - 1)}]`, 0, 8)}}`, 8)],
    ["offsets that do not fit the shape", file(`{"w":${entry("[3]", 0, 8)}}`, 8)],
    ["offsets the wrong way", file(`{"w":${entry("[2]", 8, 0)}}`, 8)],
    ["offsets beyond the file", file(`{"w":${entry("[2]", 0, 8)}}`, 4)],
    ["bytes after the last tensor", file(`{"w":${ok}}`, 12)],
    ["a gap", file(`{"w":${entry("[1]", 0, 4)},"v":${entry("[1]", 8, 12)}}`, 12)],
    ["an overlap", file(`{"w":${entry("[2]", 0, 8)},"v":${entry("[2]", 4, 12)}}`, 12)],
    ["two tensors in one place", file(`{"w":${ok},"v":${ok}}`, 8)],
    ["a repeated name", file(`{"w":${ok},"w":${ok}}`, 8)],
    ["a repeated name that is escaped", file(`{"w":${ok},"\\u0077":${ok}}`, 8)],
    ["repeated metadata", file('{"__metadata__":{"a":"1","a":"2"}}', 0)],
    ["metadata that is no string", file('{"__metadata__":{"a":1}}', 0)],
    ["metadata that is no object", file('{"__metadata__":null}', 0)],
    [
      "too many tensors",
      file(`{${Array.from({ length: 65_537 }, (_, i) => `"${i}":${entry("[0]", 0, 0)}`)}}`, 0),
    ],
  ])("with %s is refused", (_, bytes) => {
    expect(() => decodeSafetensors(bytes, FILE)).toThrow(
      expect.objectContaining({ code: "FORMAT", message: expect.stringContaining(FILE) }),
    );
  });

  test("may have a very long name full of escapes", () => {
    const { tensors } = decodeSafetensors(file(`{"${'\\\\\\"'.repeat(2 ** 20)}":${ok}}`, 8), FILE);
    expect([...tensors.keys()][0]?.length).toBe(2 ** 21);
  });

  test("names the tensor and the type that it does not read", () => {
    const bytes = file(`{"v1/w":${entry("[4]", 0, 8, "BF16")}}`, 8);
    expect(() => decodeSafetensors(bytes, FILE)).toThrow(
      `expected dtype F32 for tensor "v1/w" in ${FILE}, received "BF16"`,
    );
  });

  test.each([
    ["values that do not fit the shape", "w", [3], 2],
    ["a fraction in the shape", "w", [0.5, 4], 2],
    ["nine dimensions", "w", [1, 1, 1, 1, 1, 1, 1, 1, 2], 2],
    ["the reserved name", "__metadata__", [2], 2],
    ["a name that no reader takes", "w".repeat(8 * 2 ** 20), [2], 2],
  ])("is not written with %s", (_, name, shape, size) => {
    const tensors = new Map([[name, { shape, data: new Float32Array(size) }]]);
    expect(() => encodeSafetensors(tensors, {})).toThrow(expect.objectContaining({ code: "ARGUMENT" }));
  });
});
