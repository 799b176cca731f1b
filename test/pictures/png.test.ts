import { crc32 } from "node:zlib";
import { decode } from "fast-png";
import * as fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { Raster } from "../../src/pictures/grid.ts";
import { encodePng } from "../../src/pictures/png.ts";
import { textsOf } from "./png-texts.ts";

const raster: fc.Arbitrary<Raster> = fc
  .tuple(
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 9 }),
    fc.constantFrom(1 as const, 3 as const),
  )
  .chain(([width, height, channels]) => {
    const length = width * height * channels;
    const data = fc.uint8Array({ minLength: length, maxLength: length });
    return data.map((data) => ({ width, height, channels, data }));
  });

describe("encodePng", () => {
  test("keeps every pixel, as two decoders agree", async () => {
    await fc.assert(
      fc.asyncProperty(raster, async (raster) => {
        const png = encodePng(raster);
        const { width, height, channels, data } = raster;
        expect(decode(png, { checkCrc: true })).toMatchObject({ width, height, channels, depth: 8, data });
        const other = sharp(png).toColourspace(channels === 1 ? "b-w" : "srgb");
        const { data: pixels, info } = await other.raw().toBuffer({ resolveWithObject: true });
        expect(info).toMatchObject({ width, height, channels });
        expect([...pixels]).toEqual([...data]);
      }),
      { seed: 5, numRuns: 40 },
    );
  });

  test("keeps the text", () => {
    const text = { Software: "nextpixel", Comment: '{"seed":1,\n"übung":"é"}', Empty: "" };
    const png = encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(7) }, text);
    expect(decode(png, { checkCrc: true }).text).toEqual(text);
    // fast-png has read what fast-png wrote, so look at the chunk itself, too.
    const chunk = Buffer.from("tEXtSoftware\0nextpixel", "latin1");
    const at = Buffer.from(png).indexOf(chunk);
    expect(Buffer.from(png).readUInt32BE(at - 4)).toBe(chunk.length - 4);
    expect(Buffer.from(png).readUInt32BE(at + chunk.length)).toBe(crc32(chunk));
  });

  test.each(["日本", "Кошка", "🐈‍⬛", "ไทย", "نص", "e\u0301", "a\x80b", "a\rb", "a\x7fb"])(
    "keeps %j, which is not Latin-1, as UTF-8",
    async (value) => {
      const text = { Software: "nextpixel", Comment: value, Title: "é" };
      const png = encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(7) }, text);
      expect(textsOf(png)).toEqual(text);
      expect([...(await sharp(png).toColourspace("b-w").raw().toBuffer())]).toEqual([7]);
    },
  );

  test.each([
    ["a NUL", { Comment: "a\0b" }],
    ["a keyword beyond Latin-1", { 日本: "a" }],
    ["an empty keyword", { "": "a" }],
    ["a long keyword", { ["k".repeat(80)]: "a" }],
    ["a keyword that starts with a space", { " a": "a" }],
    ["a keyword that ends with a space", { "a ": "a" }],
    ["two spaces in a keyword", { "a  b": "a" }],
    ["a line break in a keyword", { "a\nb": "a" }],
  ])("refuses %s", (_, text: Record<string, string>) => {
    const raster: Raster = { width: 1, height: 1, channels: 1, data: Uint8Array.of(7) };
    expect(() => encodePng(raster, text)).toThrow(expect.objectContaining({ code: "ARGUMENT" }));
  });

  test.each([
    [2, 2, 3],
    [0, 2, 0],
  ])("refuses %d x %d pixels with %d values", (width, height, length) => {
    const raster: Raster = { width, height, channels: 1, data: new Uint8Array(length) };
    expect(() => encodePng(raster)).toThrow(expect.objectContaining({ code: "ARGUMENT" }));
  });
});
