import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NextpixelError } from "../../../src/basics/errors.ts";
import { openIdx } from "../../../src/data/formats/idx.ts";
import { temporaryFolder } from "../temporary-folder.ts";

function idx(
  dimensions: readonly number[],
  values: Uint8Array,
  magic = 0x800 + dimensions.length,
): Uint8Array {
  const bytes = Buffer.alloc(4 + 4 * dimensions.length + values.length);
  bytes.writeUInt32BE(magic, 0);
  dimensions.forEach((dimension, i) => bytes.writeUInt32BE(dimension, 4 + 4 * i));
  bytes.set(values, 4 + 4 * dimensions.length);
  return bytes;
}

const values = Uint8Array.from({ length: 24 }, (_, i) => i * 10);
const pictures = idx([2, 3, 4], values);
const damagedGzip = gzipSync(pictures);
// Its checksum.
damagedGzip[damagedGzip.length - 8]! ^= 1;

describe("openIdx", () => {
  test("reads back what was written, plain or gzipped, whatever the name", async () => {
    const folder = await temporaryFolder();
    const side = fc.integer({ min: 1, max: 6 });
    const content = fc.tuple(side, side, side).chain(([n, h, w]) =>
      fc.record({
        dimensions: fc.constant([n, h, w]),
        values: fc.uint8Array({ minLength: n * h * w, maxLength: n * h * w }),
        pack: fc.boolean(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(content, async ({ dimensions, values, pack }) => {
        const file = join(folder, "pictures");
        const bytes = idx(dimensions, values);
        await writeFile(file, pack ? gzipSync(bytes) : bytes);
        const dataset = await openIdx(file);
        const [count, rows, cols] = dimensions;
        expect(dataset).toMatchObject({ name: file, count, size: { channels: 1, rows, cols }, levels: 256 });
        expect(dataset.labels).toBeUndefined();
        expect(await dataset.read(Array.from({ length: count! }, (_, i) => i))).toEqual(values);
      }),
      { seed: 5, numRuns: 50 },
    );
  });

  test("quantises", async () => {
    const folder = await temporaryFolder({ x: idx([1, 1, 4], Uint8Array.of(0, 80, 90, 255)) });
    expect(await (await openIdx(join(folder, "x"), { levels: 4 })).read([0])).toEqual(
      Uint8Array.of(0, 1, 1, 3),
    );
    await expect(openIdx(join(folder, "x"), { levels: 1 })).rejects.toThrow("for levels, received 1");
  });

  test.each([
    ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"],
    ["t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"],
    ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"],
    ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte"],
    ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte.gz"],
  ])("finds beside %s the labels %s", async (images, labels) => {
    const folder = await temporaryFolder({ [images]: pictures, [labels]: idx([2], Uint8Array.of(1, 3)) });
    const dataset = await openIdx(join(folder, images));
    expect(dataset.labels).toEqual(Int32Array.of(1, 3));
    expect(dataset.classNames).toEqual(["0", "1", "2", "3"]);
  });

  test("does without labels", async () => {
    const folder = await temporaryFolder({ "a-images-idx3": pictures });
    expect((await openIdx(join(folder, "a-images-idx3"))).labels).toBeUndefined();
  });

  test.each([
    [
      "of another length",
      idx([3], Uint8Array.of(1, 2, 3)),
      /expected 2 labels, one for each picture of .*received 3/,
    ],
    ["that are pictures", pictures, /IDX file of labels \(magic number 0x00000801\), received .*0x00000803/],
    ["that are cut off", idx([2], Uint8Array.of(1)), /truncated/],
  ])("refuses labels %s", async (_, labels, message) => {
    const folder = await temporaryFolder({ "a-images-idx3": pictures, "a-labels-idx1": labels });
    const error = await openIdx(join(folder, "a-images-idx3")).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "FORMAT", message: expect.stringMatching(message) });
    expect((error as Error).message).toContain(join(folder, "a-labels-idx1"));
    // Nobody who does not ask for labels has to mind them.
    const without = await openIdx(join(folder, "a-images-idx3"), { labels: false });
    expect(without.labels).toBeUndefined();
    expect(without.classNames).toBeUndefined();
  });

  test.each([
    ["empty", new Uint8Array(0), /at least 16 bytes, received 0 bytes/],
    ["truncated in its header", pictures.subarray(0, 15), /at least 16 bytes, received 15 bytes/],
    [
      "truncated",
      pictures.subarray(0, -1),
      /expected 40 bytes for dimensions 2x3x4, received 39: .*truncated/,
    ],
    ["overlong", Buffer.concat([pictures, Buffer.of(0)]), /received 41: there is something after its end/],
    [
      "of labels",
      idx([20], values.subarray(0, 20)),
      /magic number 0x00000803\), received magic number 0x00000801/,
    ],
    ["of floats", idx([2, 3, 4], values, 0x0d03), /received magic number 0x00000d03/],
    ["without pictures", idx([0, 3, 4], new Uint8Array(0)), /1 byte to 1 GiB, received dimensions 0x3x4/],
    [
      "of pictures without area",
      idx([2, 0, 4], new Uint8Array(0)),
      /1 byte to 1 GiB, received dimensions 2x0x4/,
    ],
    ["of absurd size", idx([0xffffffff, 0xffffffff, 0xffffffff], values), /1 byte to 1 GiB/],
    [
      "gzipped, of absurd size",
      gzipSync(idx([1024, 1024, 1024], values)),
      /received dimensions 1024x1024x1024/,
    ],
    ["gzipped, truncated before that", gzipSync(pictures.subarray(0, -1)), /received 39: .*truncated/],
    [
      "gzipped, with one byte more",
      gzipSync(Buffer.concat([pictures, Buffer.of(0)])),
      /something after its end/,
    ],
    ["of broken gzip", Buffer.of(0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9), /intact gzip data/],
    ["of truncated gzip", gzipSync(pictures).subarray(0, -9), /intact gzip data/],
    ["of damaged gzip", damagedGzip, /intact gzip data/],
    ["of gzipped garbage", gzipSync("not pictures at all"), /received magic number 0x6e6f7420/],
    ["of text", "P5 8 8 255", /received magic number 0x50352038/],
  ])("refuses a file %s", async (_, bytes, message) => {
    const folder = await temporaryFolder({ bad: bytes });
    const error = await openIdx(join(folder, "bad")).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(NextpixelError);
    expect(error).toMatchObject({ code: "FORMAT", message: expect.stringMatching(message) });
    expect((error as Error).message).toContain(join(folder, "bad"));
    expect((error as Error).message).not.toContain("\n");
  });

  test("unfolds no more of a gzip file than its header says", async () => {
    const bomb = gzipSync(Buffer.concat([pictures, Buffer.alloc(2 ** 24)]));
    expect(bomb.length).toBeLessThan(2 ** 15);
    const folder = await temporaryFolder({ bomb });
    await expect(openIdx(join(folder, "bomb"))).rejects.toMatchObject({
      code: "FORMAT",
      message: expect.stringMatching(/more than its header says: there is something after its end$/),
    });
  });

  test("refuses what is not there or not a file", async () => {
    const folder = await temporaryFolder();
    await expect(openIdx(join(folder, "no"))).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(openIdx(folder)).rejects.toMatchObject({
      code: "FORMAT",
      message: expect.stringContaining("expected an ordinary file"),
    });
  });

  test("never fails but with an error of its own, however a file was damaged", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "damaged-images-idx3");
    await writeFile(join(folder, "damaged-labels-idx1"), idx([2], Uint8Array.of(0, 1)));
    const original = fc.constantFrom(pictures, gzipSync(pictures));
    const damage = fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const tail = fc.option(fc.uint8Array({ maxLength: 20 }));
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(original, damage, fc.nat(80), tail, async (original, damage, length, tail) => {
        const bytes = Uint8Array.from(original);
        for (const [at, value] of damage) bytes[at % bytes.length] = value;
        await writeFile(file, Buffer.concat([bytes.subarray(0, length), tail ?? new Uint8Array(0)]));
        try {
          expect((await openIdx(file)).count).toBe(2);
        } catch (error) {
          expect(error).toBeInstanceOf(NextpixelError);
          refused++;
        }
      }),
      { seed: 6, numRuns: 300 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});
