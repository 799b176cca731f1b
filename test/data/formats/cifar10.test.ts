import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { NextpixelError } from "../../../src/basics/errors.ts";
import { cifar10Files } from "../../../src/data/formats/cifar10.ts";
import { openDataset } from "../../../src/data/open.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const LENGTH = 3072;
const NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/** The planes of picture number `index`, in no order that a mix-up would keep. */
const planes = (index: number): Uint8Array =>
  Uint8Array.from({ length: LENGTH }, (_, i) => (i * 37 + (i >> 5) + index * 11) % 256);

/** Pictures first .. first+labels.length-1, in CIFAR-10's format. */
const records = (labels: readonly number[], first = 0): Uint8Array =>
  Buffer.concat(labels.map((label, i) => Buffer.from([label, ...planes(first + i)])));

const read = async (name: string, options = {}) => {
  const dataset = await openDataset(name, options);
  return { dataset, pixels: await dataset.read(Array.from({ length: dataset.count }, (_, i) => i)) };
};

describe("CIFAR-10's binary format", () => {
  test.each([
    ["x.bin", (bytes: Uint8Array) => bytes],
    ["x.bin.gz", gzipSync],
    ["X.BIN", gzipSync],
  ])("%s: pictures and labels", async (name, pack) => {
    const folder = await temporaryFolder({ [name]: pack(records([9, 0, 3])) });
    const { dataset, pixels } = await read(join(folder, name));
    expect(dataset).toMatchObject({
      name: join(folder, name),
      count: 3,
      size: { channels: 3, rows: 32, cols: 32 },
      levels: 256,
      labels: Int32Array.of(9, 0, 3),
      classNames: NAMES,
    });
    expect(Buffer.from(pixels).equals(Buffer.concat([planes(0), planes(1), planes(2)]))).toBe(true);
    const binary = await read(join(folder, name), { levels: 2 });
    expect([...binary.pixels.subarray(0, 99)]).toEqual([...planes(0).subarray(0, 99)].map((v) => +(v > 127)));
  });

  test("a folder stands for its training batches, in the order of their numbers", async () => {
    const batches = Object.fromEntries(
      [1, 2, 10].map((number) => [`data_batch_${number}.bin`, records([number % 10], number)]),
    );
    const names = Array.from({ length: 10 }, (_, i) => `class${i}`);
    const folder = await temporaryFolder({
      ...batches,
      // The same batch again, packed, does not count twice.
      "data_batch_2.bin.gz": gzipSync(records([2], 2)),
      "data_batch_3.bin.gz": gzipSync(records([3], 3)),
      "test_batch.bin": records([7], 99),
      "batches.meta.txt": `${names.join("\r\n")}\n\n`,
      "readme.html": "text",
    });
    const { dataset, pixels } = await read(folder);
    expect(dataset).toMatchObject({ name: folder, count: 4, labels: Int32Array.of(1, 2, 3, 0) });
    expect(dataset.classNames).toEqual(names);
    const wanted = [1, 2, 3, 10].map(planes);
    expect(Buffer.from(pixels).equals(Buffer.concat(wanted))).toBe(true);
    expect((await openDataset(join(folder, "test_batch.bin"))).labels).toEqual(Int32Array.of(7));
  });

  test("files with commas between are one data set, in that order", async () => {
    const folder = await temporaryFolder({
      "b.bin": records([1, 2]),
      "a,.bin.gz": gzipSync(records([3], 5)),
    });
    const name = `${join(folder, "b.bin")},${folder}/b.bin`;
    expect((await openDataset(name)).labels).toEqual(Int32Array.of(1, 2, 1, 2));
    expect((await openDataset(join(folder, "a,.bin.gz"))).labels).toEqual(Int32Array.of(3));
    expect(await cifar10Files("x.bin,y.bin.gz")).toEqual(["x.bin", "y.bin.gz"]);
    expect(await cifar10Files("some, folder/x.bin")).toEqual(["some, folder/x.bin"]);
  });

  test("grey ones are the same as those of a folder of the same pictures", async () => {
    const rgb = Buffer.from(
      Array.from({ length: LENGTH }, (_, i) => planes(4)[(i % 3) * 1024 + Math.floor(i / 3)]!),
    );
    const png = await sharp(rgb, { raw: { width: 32, height: 32, channels: 3 } })
      .png()
      .toBuffer();
    const folder = await temporaryFolder({ "x.bin": records([1, 8], 3), "pictures/4.png": png });
    const grey = await read(join(folder, "x.bin"), { gray: true });
    expect(grey.dataset).toMatchObject({
      count: 2,
      size: { channels: 1, rows: 32, cols: 32 },
      labels: Int32Array.of(1, 8),
    });
    const wanted = await read(join(folder, "pictures"), { gray: true });
    expect(grey.pixels.subarray(1024)).toEqual(wanted.pixels);
    // Channels that are asked for by number count, as they do for folders.
    expect((await openDataset(join(folder, "x.bin"), { channels: 1 })).size.channels).toBe(1);
    expect((await openDataset(join(folder, "x.bin"), { channels: 3, gray: true })).size.channels).toBe(3);
  });

  const whole = records([1, 2]);
  test.each([
    ["empty", new Uint8Array(0), /expected CIFAR-10 pictures of 3073 bytes each, received 0 bytes/],
    ["cut off", whole.subarray(0, -1), /of 3073 bytes each, received 6145 bytes/],
    ["overlong", Buffer.concat([whole, Buffer.of(0)]), /received 6147 bytes/],
    ["of another class", records([1, 9, 10]), /from 0 to 9 as the class of CIFAR-10 picture 2, received 10/],
    ["gzipped, cut off before that", gzipSync(whole.subarray(0, -1)), /received 6145 bytes/],
    ["of truncated gzip", gzipSync(whole).subarray(0, -9), /intact gzip data/],
    ["of damaged gzip", gzipSync(whole).fill(1, 40, 50), /intact gzip data/],
  ])("refuses a file that is %s", async (_, bytes, message) => {
    const folder = await temporaryFolder({ "good.bin": whole, "bad.bin": bytes });
    const name = `${join(folder, "good.bin")},${join(folder, "bad.bin")}`;
    const error = await openDataset(name).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "FORMAT", message: expect.stringMatching(message) });
    expect((error as Error).message.startsWith(`${join(folder, "bad.bin")}: `)).toBe(true);
  });

  test("refuses class names that are not ten, a missing file, and resizing", async () => {
    const folder = await temporaryFolder({ "x.bin": whole, "batches.meta.txt": "cat\ndog\n" });
    await expect(openDataset(join(folder, "x.bin"))).rejects.toMatchObject({
      code: "FORMAT",
      message: expect.stringMatching(
        /batches\.meta\.txt: expected different names of 10 classes, a line each, received cat, dog$/,
      ),
    });
    await expect(openDataset(join(folder, "y.bin"))).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(openDataset(join(folder, "x.bin"), { resize: { rows: 8, cols: 8 } })).rejects.toThrow(
      "can be resized",
    );
  });

  test("never fails but with an error of its own, however a file was damaged", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "damaged.bin");
    const damage = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 3 });
    const cut = fc.constantFrom(0, 0, 1, 9, LENGTH + 1);
    const outcomes = { opened: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(whole, gzipSync(whole)),
        damage,
        cut,
        async (original, damage, cut) => {
          const bytes = Uint8Array.from(original);
          for (const [at, value] of damage) bytes[at % bytes.length] = value;
          await writeFile(file, bytes.subarray(0, bytes.length - cut));
          try {
            expect((await openDataset(file)).size.channels).toBe(3);
            outcomes.opened++;
          } catch (error) {
            expect(error).toBeInstanceOf(NextpixelError);
            outcomes.refused++;
          }
        },
      ),
      { seed: 7, numRuns: 100 },
    );
    expect(Math.min(outcomes.opened, outcomes.refused)).toBeGreaterThan(20);
  });
});
