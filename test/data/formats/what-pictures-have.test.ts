import { join } from "node:path";
import { crc32 } from "node:zlib";
import * as fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { openDataset, type OpenOptions } from "../../../src/data/open.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const grey = (values: readonly number[]) =>
  sharp(Buffer.from(values), { raw: { width: values.length, height: 1, channels: 1 } }).toColourspace("b-w");
const png = (...values: number[]) => grey(values).png().toBuffer();

/** A data set, its values, and the warnings about it. */
async function opened(name: string, options: OpenOptions = {}) {
  const warnings: string[] = [];
  const onWarning = (warning: string) => void warnings.push(warning);
  const dataset = await openDataset(name, { ...options, onWarning });
  const read = async () => [...(await dataset.read(Array.from({ length: dataset.count }, (_, i) => i)))];
  return { dataset, warnings, read };
}

const onDisk = { memory: 0 };

describe("pictures of fewer levels", () => {
  test.each([{}, onDisk])("are read with as many, which a warning says: %o", async (options) => {
    const folder = await temporaryFolder({ "a.png": await png(0, 0, 0), "b.png": await png(0, 255, 255) });
    const { dataset, warnings, read } = await opened(folder, options);
    expect(dataset.levels).toBe(2);
    expect(await read()).toEqual([0, 0, 0, 0, 1, 1]);
    expect(warnings).toEqual([`${folder}: its pictures have 2 levels, and are read with as many`]);
  });

  test.each([{}, onDisk])("are crops too, and files of one bit a pixel: %o", async (options) => {
    const oneBit = await grey([0, 255, 0, 255]).png({ palette: true, colours: 2 }).toBuffer();
    const { dataset, read } = await opened(await temporaryFolder({ "a.png": oneBit }), {
      ...options,
      gray: true,
      crop: { rows: 1, cols: 2 },
    });
    expect(dataset.levels).toBe(2);
    expect(await read()).toEqual([1, 0]);
  });

  test.each([
    [{ levels: 256 }, 256, [0, 255]],
    [{ levels: 256, ...onDisk }, 256, [0, 255]],
    [{ levels: 3 }, 3, [0, 2]],
  ])("are read with %o if told to, without a warning", async (options, levels, values) => {
    const { dataset, warnings, read } = await opened(
      await temporaryFolder({ "a.png": await png(0, 255) }),
      options,
    );
    expect(dataset.levels).toBe(levels);
    expect(await read()).toEqual(values);
    expect(warnings).toEqual([]);
  });

  test.each([{}, onDisk])("have 256 if one picture has, or if scaling gives them: %o", async (options) => {
    const folder = await temporaryFolder({ "a.png": await png(0, 255, 0), "b.png": await png(0, 254, 0) });
    expect((await opened(folder, options)).dataset.levels).toBe(256);
    const stripes = Buffer.from(Array.from({ length: 9 * 9 }, (_, i) => (i % 9 < 4 ? 0 : 255)));
    const picture = sharp(stripes, { raw: { width: 9, height: 9, channels: 1 } }).toColourspace("b-w");
    const edge = await temporaryFolder({ "a.png": await picture.png().toBuffer() });
    const scaled = await opened(edge, { ...options, resize: { rows: 5, cols: 5 } });
    expect(scaled.dataset.levels).toBe(256);
    expect(scaled.warnings).toEqual([]);
  });

  test("of an IDX file are read with as many", async () => {
    const idx = (...values: number[]) =>
      Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 3, ...values);
    const folder = await temporaryFolder({ two: idx(0, 255, 0), all: idx(0, 255, 1) });
    const { dataset, warnings, read } = await opened(join(folder, "two"));
    expect(dataset.levels).toBe(2);
    expect(await read()).toEqual([0, 1, 0]);
    expect(warnings).toEqual([expect.stringContaining("2 levels")]);
    expect((await opened(join(folder, "all"))).dataset.levels).toBe(256);
    expect((await opened(join(folder, "two"), { levels: 256 })).dataset.levels).toBe(256);
  });

  test("of a large folder are an error where one has more that was not looked at", async () => {
    const binary = await png(0, 255, 0, 255);
    const files = Object.fromEntries(
      Array.from({ length: 201 }, (_, i) => [`${String(i).padStart(3, "0")}.png`, binary]),
    );
    const folder = await temporaryFolder({ ...files, "101.png": await png(0, 255, 0, 9) });
    const { dataset } = await opened(folder, onDisk);
    expect(dataset.levels).toBe(2);
    expect(await dataset.read([100])).toEqual(Uint8Array.of(0, 1, 0, 1));
    await expect(dataset.read([100, 101])).rejects.toMatchObject({
      code: "ARGUMENT",
      message: `expected pictures of 2 levels, as those have that were looked at, for ${join(folder, "101.png")}, received "more"`,
      about: ["levels"],
    });
    const asked = await opened(folder, { ...onDisk, levels: 2 });
    expect(await asked.dataset.read([101])).toEqual(Uint8Array.of(0, 1, 0, 0));
  });
});

/** A PNG file of two frames, as the decoder cannot write it. */
function animatedPng(picture: Buffer): Buffer {
  const chunk = (type: string, data: Uint8Array) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const content = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(content));
    return Buffer.concat([length, content, sum]);
  };
  const start = picture.indexOf("IDAT") - 4;
  const control = chunk("acTL", Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 0));
  return Buffer.concat([picture.subarray(0, start), control, picture.subarray(start)]);
}

describe("what of a file does not become part of the picture", () => {
  const rgba = (alpha: number) =>
    sharp(Buffer.of(1, 2, 3, alpha), { raw: { width: 1, height: 1, channels: 4 } });
  const deep = () =>
    sharp(Uint16Array.of(300, 7), { raw: { width: 2, height: 1, channels: 1 } })
      .toColourspace("grey16")
      .png()
      .toBuffer();
  const moving = () =>
    sharp(Buffer.from(Array.from({ length: 96 }, (_, i) => 2 * i)), {
      raw: { width: 4, height: 8, channels: 3, pageHeight: 4 },
    })
      .webp({ lossless: true, loop: 0, delay: [100, 100] })
      .toBuffer();

  test.each([
    ["16 bits a value, of which 8 are read", deep, ".png"],
    ["an alpha channel: what is transparent is white", () => rgba(9).png().toBuffer(), ".png"],
    ["several frames or pages, of which the first is read", moving, ".webp"],
    [
      "several frames or pages, of which the first is read",
      async () => animatedPng(await png(3, 200)),
      ".png",
    ],
  ])("is said once: %s", async (what, make, ending) => {
    const bytes = await make();
    const files = { [`a${ending}`]: bytes, [`b${ending}`]: bytes, [`c${ending}`]: bytes };
    const folder = await temporaryFolder(files);
    for (const options of [{}, onDisk]) {
      const { warnings } = await opened(folder, options);
      expect(warnings).toEqual([`${join(folder, `a${ending}`)} and 2 more: ${what}`]);
    }
    const one = join(folder, `b${ending}`);
    expect((await opened(one)).warnings).toEqual([`${one}: ${what}`]);
  });

  test("is nothing in ordinary files", async () => {
    const folder = await temporaryFolder({
      "a.png": await png(1, 2),
      "b.jpg": await grey([1, 2]).jpeg().toBuffer(),
      "c.webp": await sharp(Buffer.of(1, 2, 3, 4, 5, 6), { raw: { width: 2, height: 1, channels: 3 } })
        .webp()
        .toBuffer(),
    });
    expect((await opened(folder)).warnings).toEqual([]);
  });
});

test("the names of classes survive, in any script", async () => {
  const picture = await png(1);
  const encoder = new TextEncoder();
  const name = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
    .filter((text) => !/[/\0]/.test(text) && !text.startsWith(".") && encoder.encode(text).length <= 255);
  const some = [
    "猫",
    "Собака",
    "🦓 zebra",
    "é",
    "e\u0301",
    "a:b",
    "x.png",
    " ",
    "'\"\\",
    "\n",
    "%2F",
    "__proto__",
  ];
  const names = fc.uniqueArray(fc.oneof(name, fc.constantFrom(...some)), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(names, async (classNames) => {
      const files = Object.fromEntries(classNames.map((one) => [`${one}/0.png`, picture]));
      const { dataset } = await opened(await temporaryFolder(files), onDisk);
      expect(dataset.classNames).toEqual(classNames.toSorted());
      expect(dataset.count).toBe(classNames.length);
      expect(await dataset.read([0])).toHaveLength(1);
    }),
    { seed: 8, numRuns: 60 },
  );
});
