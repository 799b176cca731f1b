import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { DATASET_HELP } from "../../src/data/formats/all.ts";
import { openDataset } from "../../src/data/open.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const idxOfOnePixel = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 255);

describe("openDataset", () => {
  test.each([
    ["digits", 3823],
    ["digits:test", 1797],
  ])("has %s built in: %i pictures of 8x8, 17 levels, 10 classes", async (name, count) => {
    const dataset = await openDataset(name);
    expect(dataset).toMatchObject({ name, count, size: { channels: 1, rows: 8, cols: 8 }, levels: 17 });
    const levels = new Set(await dataset.read(Array.from({ length: count }, (_, i) => i)));
    expect([...levels].sort((a, b) => a - b)).toEqual(Array.from({ length: 17 }, (_, i) => i));
    expect([...new Set(dataset.labels)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(dataset.labels).toHaveLength(count);
    expect(dataset.classNames).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  });

  test("quantises to the levels asked for", async () => {
    const dataset = await openDataset("digits:test", { levels: 2, gray: true });
    expect(dataset.levels).toBe(2);
    expect(new Set(await dataset.read([0, 1, 2]))).toEqual(new Set([0, 1]));
    await expect(openDataset("digits", { levels: 1 })).rejects.toThrow(
      "expected a whole number from 2 to 256 for levels, received 1",
    );
  });

  test("opens folders and IDX files, at 256 levels", async () => {
    const picture = await sharp(Buffer.of(7), { raw: { width: 1, height: 1, channels: 1 } })
      .toColourspace("b-w")
      .png()
      .toBuffer();
    const folder = await temporaryFolder({ "pictures/a.png": picture, "some.idx": idxOfOnePixel });
    const fromFolder = await openDataset(join(folder, "pictures"));
    expect(fromFolder).toMatchObject({ name: join(folder, "pictures"), count: 1, levels: 256 });
    expect(await fromFolder.read([0])).toEqual(Uint8Array.of(7));
    const fromFile = await openDataset(join(folder, "some.idx"));
    expect(fromFile).toMatchObject({ name: join(folder, "some.idx"), count: 1, levels: 256 });
    expect(await fromFile.read([0])).toEqual(Uint8Array.of(255));
  });

  test("opens one picture as a folder with nothing else in it would be", async () => {
    const rgb = await sharp(Buffer.of(255, 0, 0, 0, 0, 255), { raw: { width: 2, height: 1, channels: 3 } })
      .png()
      .toBuffer();
    const folder = await temporaryFolder({ "cat/a.PNG": rgb, "cat/bad.png": "text", "bad/bad.png": "text" });
    const file = join(folder, "cat/a.PNG");
    const dataset = await openDataset(file, { levels: 2 });
    expect(dataset).toMatchObject({
      name: file,
      count: 1,
      levels: 2,
      size: { channels: 3, rows: 1, cols: 2 },
      labels: undefined,
    });
    expect(await dataset.read([0])).toEqual(Uint8Array.of(1, 0, 0, 0, 0, 1));
    expect((await openDataset(file, { resize: { rows: 3, cols: 3 } })).size.rows).toBe(3);
    expect((await openDataset(file, { channels: 1 })).size.channels).toBe(1);
    // There is nothing to leave out where there is one picture.
    for (const path of ["cat/bad.png", "bad"]) {
      await expect(openDataset(join(folder, path))).rejects.toMatchObject({
        code: "FORMAT",
        message: expect.stringMatching(/bad\.png: cannot decode this picture \([^;]*\)$/),
      });
    }
    await expect(openDataset(join(folder, "cat/bad.png"), { skipBad: true })).rejects.toMatchObject({
      code: "FORMAT",
    });
  });

  test("reads grey pictures as coloured ones when three channels are asked for", async () => {
    const grey = await sharp(Buffer.of(7), { raw: { width: 1, height: 1, channels: 1 } })
      .toColourspace("b-w")
      .png()
      .toBuffer();
    const folder = await temporaryFolder({ "a.png": grey });
    for (const name of [folder, join(folder, "a.png")]) {
      const dataset = await openDataset(name, { channels: 3 });
      expect(await dataset.read([0])).toEqual(Uint8Array.of(7, 7, 7));
    }
  });

  test("refuses to resize other than folders and pictures", async () => {
    const folder = await temporaryFolder({ "some.idx": idxOfOnePixel });
    const resize = { rows: 4, cols: 4 };
    for (const name of ["digits", join(folder, "some.idx")]) {
      await expect(openDataset(name, { resize })).rejects.toMatchObject({
        code: "ARGUMENT",
        message: `only a folder or an archive of pictures, or one picture, can be resized, received data set "${name}"`,
      });
    }
  });

  test.each(["foo", "", "digits:valid", "\0", "/dev/null"])("does not know %j", async (name) => {
    await expect(openDataset(name)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: `no data set "${name}": expected one of ${DATASET_HELP}`,
    });
  });
});
