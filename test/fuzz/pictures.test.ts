import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { decode } from "fast-png";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { openPicture } from "../../src/data/formats/picture.ts";
import { readMask } from "../../src/data/mask.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { fuzz, readOrRefused, type Tally } from "./mutations.ts";

const SIZE = { width: 6, height: 5 };

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});

const expectBoth = ({ read, refused }: Tally) => {
  expect(read).toBeGreaterThan(2);
  expect(refused).toBeGreaterThan(2);
};

const picture = (channels: 1 | 3) =>
  sharp(Buffer.from(Array.from({ length: SIZE.width * SIZE.height * channels }, (_, i) => (7 * i) % 256)), {
    raw: { ...SIZE, channels },
  });

interface Chunk {
  readonly type: string;
  /** Type, data. */
  readonly content: Buffer;
  readonly checksum: number;
}

/** The chunks of a PNG file, up to the first that is not whole. */
function chunksOf(png: Uint8Array): Chunk[] {
  const bytes = Buffer.from(png);
  const chunks: Chunk[] = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) break;
    const content = bytes.subarray(at + 4, end);
    chunks.push({ type: content.toString("latin1", 0, 4), content, checksum: bytes.readUInt32BE(end) });
    at = end + 4;
  }
  return chunks;
}

/** A PNG file of these chunks, with checksums that are right. */
function pngOf(chunks: readonly Pick<Chunk, "content">[]): Buffer {
  const words = (...values: number[]) => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
    return bytes;
  };
  const parts = chunks.flatMap(({ content }) => [words(content.length - 4), content, words(crc32(content))]);
  return Buffer.concat([words(0x89504e47, 0x0d0a1a0a), ...parts]);
}

/** [rows, cols, channels] to [channels, rows, cols]. */
const planes = (pixels: ArrayLike<number>, channels: number): number[] =>
  Array.from({ length: channels }, (_, channel) =>
    Array.from(pixels).filter((_, i) => i % channels === channel),
  ).flat();

describe("of mutated pictures none is read but rightly", () => {
  test("PNG", async () => {
    const file = join(folder, "x.png");
    const valid = await picture(3).png().toBuffer();
    let compared = 0;
    const tally = await fuzz({ seed: 11, runs: 400 }, async (mutate, isMended) => {
      const bytes = isMended ? pngOf(chunksOf(mutate(valid))) : mutate(valid);
      await writeFile(file, bytes);
      const dataset = await readOrRefused(file, () => openPicture(file));
      if (dataset === undefined) return undefined;
      const header = Buffer.from(bytes);
      expect(dataset.size).toMatchObject({ cols: header.readUInt32BE(16), rows: header.readUInt32BE(20) });
      // What makes the pixels, without what the decoder may make of colour spaces.
      const chunks = chunksOf(bytes);
      const own = chunks.filter(({ type }) => ["IHDR", "PLTE", "IDAT"].includes(type));
      expect(own.map(({ checksum }) => checksum)).toEqual(own.map(({ content }) => crc32(content)));
      if (chunks.some(({ type }) => ["gAMA", "cHRM", "iCCP", "sBIT", "tRNS"].includes(type))) return dataset;
      const { depth, palette, channels, data } = decode(pngOf([...own, { content: Buffer.from("IEND") }]));
      if (depth === 8 && !palette && channels === dataset.size.channels) {
        expect([...(await dataset.read([0]))]).toEqual(planes(data, channels));
        compared++;
      }
      return dataset;
    });
    expectBoth(tally);
    expect(compared).toBeGreaterThan(2);
  });

  test.each([
    ["jpg", () => picture(3).jpeg().toBuffer()],
    ["webp", () => picture(3).webp({ lossless: true }).toBuffer()],
  ])("%s", async (ending, encode) => {
    const file = join(folder, `x.${ending}`);
    const valid = await encode();
    const tally = await fuzz({ seed: 12, runs: 200 }, async (mutate) => {
      const bytes = mutate(valid);
      await writeFile(file, bytes);
      const dataset = await readOrRefused(file, () => openPicture(file));
      if (dataset === undefined) return undefined;
      const { rows, cols, channels } = dataset.size;
      // As a size in the header, whatever else there is.
      const sides = ending === "jpg" ? Buffer.of(rows >> 8, rows & 255, cols >> 8, cols & 255) : undefined;
      if (sides) expect(Buffer.from(bytes).includes(sides)).toBe(true);
      else expect(losslessSides(bytes)).toContain(`${cols}x${rows}`);
      expect((await dataset.read([0])).length).toBe(rows * cols * channels);
      return dataset;
    });
    expectBoth(tally);
  });

  const lossless = { lossless: true, effort: 0 };
  test.each([
    ["tif", 100, () => picture(3).tiff({ compression: "lzw" }).toBuffer()],
    ["gif", 100, () => picture(3).gif().toBuffer()],
    ["avif", 60, () => picture(3).avif(lossless).toBuffer()],
  ])("%s, and all its pages", async (ending, runs, encode) => {
    const file = join(folder, `x.${ending}`);
    const valid = await encode();
    const tally = await fuzz({ seed: 16, runs }, async (mutate) => {
      const bytes = mutate(valid);
      await writeFile(file, bytes);
      const dataset = await readOrRefused(file, () => openPicture(file, { frames: true }));
      if (dataset === undefined) return undefined;
      const { rows, cols, channels } = dataset.size;
      const sides = [rows, cols].map((side) => Buffer.of(side & 255, side >> 8));
      if (ending === "avif") sides.forEach((side) => side.reverse());
      // A GIF is enlarged to what its frames take.
      if (ending !== "gif") for (const side of sides) expect(Buffer.from(bytes).includes(side)).toBe(true);
      expect((await dataset.read([dataset.count - 1])).length).toBe(rows * cols * channels);
      return dataset;
    });
    expectBoth(tally);
  });

  test("masks", async () => {
    const file = join(folder, "mask.png");
    const valid = await picture(1).toColourspace("b-w").png().toBuffer();
    const tally = await fuzz({ seed: 13, runs: 150 }, async (mutate) => {
      await writeFile(file, mutate(valid));
      const mask = await readOrRefused(file, () => readMask(file, { rows: SIZE.height, cols: SIZE.width }));
      if (mask === undefined) return undefined;
      expect(mask.length).toBe(SIZE.width * SIZE.height);
      expect(mask.every((value) => value === 0 || value === 1)).toBe(true);
      return mask;
    });
    expectBoth(tally);
  });
});

/** The sizes that may be meant in a lossless WebP file: 14 bits each, less one, behind the signature 0x2f. */
function losslessSides(bytes: Uint8Array): string[] {
  const file = Buffer.from(bytes);
  const starts = [...bytes.keys()].filter((at) => bytes[at] === 0x2f && at + 5 <= bytes.length);
  const words = starts.map((at) => file.readUInt32LE(at + 1));
  return words.map((word) => `${(word & 0x3fff) + 1}x${((word >>> 14) & 0x3fff) + 1}`);
}
