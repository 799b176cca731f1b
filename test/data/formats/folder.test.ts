import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { describe, expect, test } from "vitest";
import type { Dataset } from "../../../src/data/dataset.ts";
import type { NextpixelError } from "../../../src/basics/errors.ts";
import { openFolder } from "../../../src/data/formats/folder.ts";
import { temporaryFolder } from "../temporary-folder.ts";

type Values = Uint8Array | Uint16Array;

function raw(values: Values, width: number, height: number): Sharp {
  const channels = (values.length / (width * height)) as 1 | 2 | 3 | 4;
  return sharp(values, { raw: { width, height, channels } });
}

/** A PNG file of interleaved values; 16 bits a sample when these are. */
async function png(values: Values, width: number, height: number): Promise<Uint8Array> {
  const grey = values.length / (width * height) < 3;
  const space = grey ? "b-w" : "srgb";
  const wide = grey ? "grey16" : "rgb16";
  return raw(values, width, height)
    .toColourspace(values instanceof Uint16Array ? wide : space)
    .png()
    .toBuffer();
}

const grey = async (level: number, width = 2, height = 1): Promise<Uint8Array> =>
  png(new Uint8Array(width * height).fill(level), width, height);

const noise = Uint8Array.from({ length: 48 * 48 * 3 }, (_, i) => (i * i * 31) >> 3);

async function firstValues(dataset: Dataset): Promise<number[]> {
  const all = await dataset.read(Array.from({ length: dataset.count }, (_, i) => i));
  return [...all].filter((_, i) => i % (all.length / dataset.count) === 0);
}

async function badFiles(): Promise<[name: string, bytes: Uint8Array | string][]> {
  const picture = raw(noise, 48, 48);
  const [asPng, asJpeg, asWebp] = await Promise.all([
    picture.clone().png().toBuffer(),
    picture.clone().jpeg().toBuffer(),
    picture.clone().webp({ lossless: true }).toBuffer(),
  ]);
  const flipped = Buffer.from(asPng);
  flipped.fill(0x55, flipped.length >> 1, (flipped.length >> 1) + 20);
  return [
    ["cut.jpg", asJpeg.subarray(0, asJpeg.length >> 1)],
    ["cut.png", asPng.subarray(0, asPng.length >> 1)],
    ["cut.webp", asWebp.subarray(0, asWebp.length >> 1)],
    ["empty.png", ""],
    ["flipped.png", flipped],
    ["bitmap.png", Buffer.from("BM, as a Windows bitmap begins")],
    ["svg.png", '<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48"/>'],
    ["text.png", "not a picture"],
  ];
}

const allOf = async (folder: string): Promise<Uint8Array> => (await openFolder(folder)).read([0]);

describe("which files", () => {
  test("takes pictures in the order of their names, without labels, and nothing else", async () => {
    const folder = await temporaryFolder({
      "b.PNG": await grey(2),
      "a10.png": await grey(1),
      "B.png": await grey(0),
      ".hidden.png": await grey(9),
      ".cache/x.png": await grey(9),
      "notes.txt": "notes",
      "empty/notes.txt": "no picture, no class",
    });
    const dataset = await openFolder(folder);
    expect(dataset).toMatchObject({
      name: folder,
      count: 3,
      levels: 256,
      size: { channels: 1, rows: 1, cols: 2 },
    });
    expect(await firstValues(dataset)).toEqual([0, 1, 2]);
    expect(dataset.labels).toBeUndefined();
    expect(dataset.classNames).toBeUndefined();
  });

  test("takes top-level sub-folders as classes, whatever is below them", async () => {
    const folder = await temporaryFolder({
      "cat/deep/er/1.png": await grey(3),
      "cat/9.png": await grey(2),
      "cat-2/1.png": await grey(1),
      "ant/1.png": await grey(0),
      "none/readme.md": "no picture, no class",
    });
    const dataset = await openFolder(folder);
    expect(dataset.classNames).toEqual(["ant", "cat", "cat-2"]);
    expect(await firstValues(dataset)).toEqual([0, 1, 2, 3]);
    expect(dataset.labels).toEqual(Int32Array.of(0, 2, 1, 1));
  });

  test("refuses pictures both beside and inside sub-folders", async () => {
    const folder = await temporaryFolder({ "a.png": await grey(0), "cat/b.png": await grey(1) });
    await expect(openFolder(folder)).rejects.toMatchObject({
      code: "ARGUMENT",
      message: expect.stringMatching(/sub-folders \(classes\), received both a\.png and cat\/b\.png$/),
    });
  });

  test("follows links, but not round in circles, and not to nowhere", async () => {
    const folder = await temporaryFolder({ "real/a.png": await grey(5) });
    await symlink(join(folder, "real"), join(folder, "linked"));
    await symlink(folder, join(folder, "real/up"));
    await symlink(join(folder, "gone.png"), join(folder, "real/dangling.png"));
    const dataset = await openFolder(folder);
    expect(dataset.classNames).toEqual(["linked", "real"]);
    expect(dataset.count).toBe(2);
  });

  test("refuses a folder that is empty or not there", async () => {
    const folder = await temporaryFolder({ "notes.txt": "" });
    await expect(openFolder(folder)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: `${folder}: no PNG, JPEG, WebP, GIF, TIFF or AVIF picture in it`,
    });
    await rm(folder, { recursive: true });
    await expect(openFolder(folder)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("pixels", () => {
  const ramp = Uint8Array.from({ length: 256 }, (_, i) => i);

  test("keeps every grey value exactly, in 8 and 16 bits", async () => {
    const ramp16 = Uint16Array.from(ramp, (value) => value * 257);
    const folder = await temporaryFolder({
      "a.png": await png(ramp, 32, 8),
      "b.png": await png(ramp16, 32, 8),
    });
    const dataset = await openFolder(folder);
    expect(dataset.size).toEqual({ channels: 1, rows: 8, cols: 32 });
    expect(await dataset.read([0])).toEqual(ramp);
    expect(await dataset.read([1])).toEqual(ramp);
    expect(await (await openFolder(folder, { gray: true })).read([1])).toEqual(ramp);
  });

  test("puts colours in planes, in 8 and 16 bits", async () => {
    const colours = Uint8Array.of(1, 2, 3, 4, 5, 6);
    const colours16 = Uint16Array.from(colours, (value) => value * 257);
    const folder = await temporaryFolder({
      "a.png": await png(colours, 2, 1),
      "b.png": await png(colours16, 2, 1),
    });
    const dataset = await openFolder(folder);
    expect(dataset.size).toEqual({ channels: 3, rows: 1, cols: 2 });
    expect(await dataset.read([1, 0])).toEqual(Uint8Array.of(1, 4, 2, 5, 3, 6, 1, 4, 2, 5, 3, 6));
  });

  test("has three channels as soon as one file has colours, unless gray is asked for", async () => {
    const folder = await temporaryFolder({
      "a.png": await grey(9, 1, 1),
      "b.png": await png(Uint8Array.of(255, 0, 0), 1, 1),
    });
    expect(await (await openFolder(folder)).read([0, 1])).toEqual(Uint8Array.of(9, 9, 9, 255, 0, 0));
    const inGrey = await openFolder(folder, { gray: true });
    expect(inGrey.size.channels).toBe(1);
    const [a, b] = await inGrey.read([0, 1]);
    expect(a).toBe(9);
    expect(b).toBeGreaterThan(40);
    expect(b).toBeLessThan(160);
  });

  test("lays transparent pictures over white", async () => {
    const colour = await temporaryFolder({
      "a.png": await png(Uint8Array.of(1, 2, 3, 0, 1, 2, 3, 255), 2, 1),
    });
    expect(await allOf(colour)).toEqual(Uint8Array.of(255, 1, 255, 2, 255, 3));
    const greyOne = await temporaryFolder({ "a.png": await png(Uint8Array.of(9, 0, 9, 255), 2, 1) });
    expect(await allOf(greyOne)).toEqual(Uint8Array.of(255, 9));
    const wide = await temporaryFolder({ "a.png": await png(Uint16Array.of(0, 0, 0, 65535), 2, 1) });
    const [transparent, opaque] = await allOf(wide);
    // sharp's white has 16 bits less a little: 255 * 256.
    expect(transparent).toBeGreaterThanOrEqual(254);
    expect(opaque).toBe(0);
  });

  test("quantises", async () => {
    const folder = await temporaryFolder({ "a.png": await png(Uint8Array.of(0, 127, 128, 255), 4, 1) });
    const dataset = await openFolder(folder, { levels: 2 });
    expect(dataset.levels).toBe(2);
    expect(await dataset.read([0])).toEqual(Uint8Array.of(0, 0, 1, 1));
  });

  test("reads JPEG and WebP", async () => {
    const picture = raw(new Uint8Array(48).fill(120), 4, 4);
    const folder = await temporaryFolder({
      "a.jpg": await picture.clone().jpeg().toBuffer(),
      "b.jpeg": await picture.clone().jpeg().toBuffer(),
      "c.webp": await picture.clone().webp({ lossless: true }).toBuffer(),
    });
    const dataset = await openFolder(folder);
    expect(dataset).toMatchObject({ count: 3, size: { channels: 3, rows: 4, cols: 4 } });
    for (const value of await dataset.read([0, 1, 2])) expect(Math.abs(value - 120)).toBeLessThanOrEqual(2);
  });

  test("turns pictures as their camera says", async () => {
    // Orientation 6: the top of the stored picture is the right side of the scene.
    const stored = raw(Uint8Array.of(200, 200, 200, 10, 10, 10), 2, 1);
    const folder = await temporaryFolder({
      "a.png": await stored.clone().withMetadata({ orientation: 6 }).png().toBuffer(),
    });
    const dataset = await openFolder(folder);
    expect(dataset.size).toEqual({ channels: 3, rows: 2, cols: 1 });
    expect(await dataset.read([0])).toEqual(Uint8Array.of(200, 10, 200, 10, 200, 10));
  });
});

describe("sizes", () => {
  test("refuses pictures that differ, naming both", async () => {
    const folder = await temporaryFolder({
      "a.png": await grey(1, 4, 3),
      "b.png": await grey(1, 4, 3),
      "c.png": await grey(1, 3, 4),
    });
    await expect(openFolder(folder)).rejects.toMatchObject({
      code: "ARGUMENT",
      message: `expected pictures of one size, but ${join(folder, "a.png")} is 4x3 and ${join(folder, "c.png")} is 3x4; resize them to make them alike`,
    });
  });

  test("resizes, cutting off what does not fit", async () => {
    const halves = Uint8Array.from({ length: 8 * 2 }, (_, i) => (i % 8 < 3 || i % 8 > 4 ? 0 : 200));
    const folder = await temporaryFolder({ "a.png": await grey(50, 4, 4), "b.png": await png(halves, 8, 2) });
    const dataset = await openFolder(folder, { resize: { rows: 2, cols: 2 } });
    expect(dataset).toMatchObject({ count: 2, size: { channels: 1, rows: 2, cols: 2 } });
    expect(await dataset.read([0, 1])).toEqual(Uint8Array.of(50, 50, 50, 50, 200, 200, 200, 200));
  });

  test.each([0, 1.5, 20_000])("refuses to resize to %s rows", async (rows) => {
    const folder = await temporaryFolder({ "a.png": await grey(1) });
    await expect(openFolder(folder, { resize: { rows, cols: 1 } })).rejects.toMatchObject({
      code: "ARGUMENT",
    });
  });
});

describe("bad files", () => {
  test("are named, with the way out", async () => {
    for (const [name, bytes] of await badFiles()) {
      const folder = await temporaryFolder({ "a.png": await png(noise, 48, 48), [name]: bytes });
      const error = await openFolder(folder).catch((error: unknown) => error);
      expect(error, name).toMatchObject({ code: "FORMAT" });
      expect((error as Error).message).toContain(`${join(folder, name)}: cannot decode this picture (`);
      expect((error as Error).message).toMatch(/^[^\n]*$/);
      expect((error as NextpixelError).about).toEqual(["skipBad"]);
    }
  });

  test("are left out with a warning each, when asked to", async () => {
    const files = await badFiles();
    // Good pictures before, between and after the bad ones, each of another brightness.
    const good = ["a.png", "d.png", "f.png", "z.png"];
    const shades = await Promise.all(
      good.map(async (name, i) => [`x/${name}`, await grey(10 * (i + 1), 48, 48)] as const),
    );
    const folder = await temporaryFolder({
      ...Object.fromEntries(shades),
      ...Object.fromEntries(files.map(([name, bytes]) => [`x/${name}`, bytes])),
      "all-bad/text.png": "not a picture",
    });
    const warnings: string[] = [];
    const onWarning = (message: string): number => warnings.push(message);
    const dataset = await openFolder(folder, { skipBad: true, gray: true, onWarning });
    expect(await firstValues(dataset)).toEqual([10, 20, 30, 40]);
    expect(dataset.classNames).toEqual(["x"]);
    expect(dataset.labels).toEqual(Int32Array.of(0, 0, 0, 0));
    expect(warnings).toHaveLength(files.length + 1);
    for (const [name] of files) {
      const own = warnings.filter((warning) => warning.startsWith(`${join(folder, "x", name)}: `));
      expect(own, name).toHaveLength(1);
      expect(own[0]).toMatch(/\); left out$/);
    }
  });

  test("leave nothing when all are bad", async () => {
    const folder = await temporaryFolder({ "a.png": "no", "b.jpg": "nor this" });
    await expect(openFolder(folder, { skipBad: true })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
