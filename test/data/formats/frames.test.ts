import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { openDataset, type OpenOptions } from "../../../src/data/open.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { zipArchive } from "./zip-archive.ts";

const SIZE = { width: 6, height: 4 };
const COUNT = SIZE.width * SIZE.height * 3;

/** A picture of one colour. */
const png = (value: number, size = SIZE) =>
  sharp({ create: { ...size, channels: 3, background: { r: value, g: 2 * value, b: 0 } } })
    .png()
    .toBuffer();

async function joined(...values: number[]) {
  const pages = await Promise.all(values.map((value) => png(value)));
  return pages.length === 1 ? sharp(pages[0]) : sharp(pages, { join: { animated: true } });
}

const tiff = async (...values: number[]) => (await joined(...values)).tiff({ compression: "lzw" }).toBuffer();
const gif = async (...values: number[]) => (await joined(...values)).gif().toBuffer();
const webp = async (...values: number[]) => (await joined(...values)).webp({ lossless: true }).toBuffer();

/** The red value of each picture, and the warnings. */
async function opened(name: string, options: OpenOptions = {}) {
  const warnings: string[] = [];
  const dataset = await openDataset(name, {
    ...options,
    onWarning: (warning) => void warnings.push(warning),
  });
  const pixels = await dataset.read(Array.from({ length: dataset.count }, (_, i) => i));
  const { labels, size } = dataset;
  return { size, labels, warnings, reds: [...pixels].filter((_, i) => i % COUNT === 0) };
}

const onDisk = { memory: 0 };

describe("TIFF, GIF and AVIF files", () => {
  test("are pictures as others are", async () => {
    const avif = await sharp(await png(9))
      .avif({ lossless: true })
      .toBuffer();
    const folder = await temporaryFolder({
      "a.tif": await tiff(3),
      "b.TIFF": await tiff(5),
      "c.gif": await gif(7),
      "d.avif": avif,
      "e.png": await png(11),
    });
    for (const where of [{}, onDisk]) {
      const { size, reds } = await opened(folder, where);
      expect(size).toEqual({ channels: 3, rows: 4, cols: 6 });
      expect(reds).toEqual([3, 5, 7, 9, 11]);
    }
    expect((await opened(join(folder, "d.avif"))).reds).toEqual([9]);
  });

  test.each([{}, onDisk])("with numbers that do not say what is white are refused: %o", async (where) => {
    const float = await sharp(await png(9))
      .toColourspace("scrgb")
      .tiff({ compression: "none" })
      .toBuffer();
    const folder = await temporaryFolder({ "a.tif": await tiff(3), "b.tif": float });
    const reading = opened(folder, where);
    await expect(reading).rejects.toMatchObject({
      code: "FORMAT",
      message: `${join(folder, "b.tif")}: cannot decode this picture (expected 8 or 16 bits a value, received values of type float)`,
    });
  });
});

describe.each([
  ["tif", tiff],
  ["gif", gif],
  ["webp", webp],
] as const)("a file .%s of several pictures", (ending, encode) => {
  test("is the first of them, which a warning says, or all", async () => {
    const folder = await temporaryFolder({ [`a.${ending}`]: await encode(1, 5, 9), "b.png": await png(20) });
    const file = join(folder, `a.${ending}`);
    const note = `${file}: several frames or pages, of which the first is read`;
    const first = await opened(folder);
    expect(first.reds).toEqual([1, 20]);
    expect(first.warnings).toContain(note);
    for (const where of [{}, onDisk]) {
      const all = await opened(folder, { ...where, frames: true });
      expect(all.reds).toEqual([1, 5, 9, 20]);
      expect(all.warnings).not.toContain(note);
    }
    expect((await opened(file, { frames: true })).reds).toEqual([1, 5, 9]);
  });

  test("has the class of its folder, in archives too", async () => {
    const files = { [`a/0.${ending}`]: await encode(1, 5), [`b/1.${ending}`]: await encode(7, 80) };
    const folder = await temporaryFolder({ ...files, "x.zip": zipArchive(files) });
    const { reds, labels } = await opened(join(folder, "x.zip"), { frames: true });
    expect(reds).toEqual([1, 5, 7, 80]);
    expect(labels).toEqual(Int32Array.of(0, 0, 1, 1));
  });
});

test("pages of other sizes are named, and bad files stay what they are", async () => {
  const folder = await temporaryFolder({
    "a/0.tif": await tiff(1, 5),
    "b/1.tif": await sharp([await png(1, { width: 3, height: 3 }), await png(2, { width: 3, height: 3 })], {
      join: { animated: true },
    })
      .tiff()
      .toBuffer(),
    "bad/0.tif": "II*\0 and nothing more",
  });
  await expect(opened(join(folder, "bad"), { frames: true })).rejects.toThrow("bad/0.tif: cannot decode");
  await expect(opened(folder, { frames: true, skipBad: true })).rejects.toThrow(
    `${folder}/a/0.tif[0] is 6x4 and ${folder}/b/1.tif[0] is 3x3`,
  );
  await expect(opened(folder, { frames: true })).rejects.toThrow("bad/0.tif: cannot decode");
});
