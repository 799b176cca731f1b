import { expect, test } from "vitest";
import type { PictureSize } from "../../src/data/dataset.ts";
import { tokenizer } from "../../src/families/tokenizer.ts";
import { openForward } from "../../src/programs/forward.ts";
import { codesGiven, filledFromNearest, keepGiven } from "../../src/programs/given-codes.ts";
import { decode } from "../../src/programs/latents.ts";
import type { NetworkConfig } from "../../src/programs/network.ts";
import { scaledLevels } from "../../src/programs/picture-output.ts";
import { openRowDecoder } from "../../src/programs/row-decoder.ts";
import { randomWeights } from "../runtime/logits.ts";
import { randomNumbers } from "../graph/primitive-cases.ts";

const { codes: mapOf, latents } = tokenizer.can;
const [ROWS, COLS] = [33, 2];
const config: NetworkConfig = {
  model: "fsq",
  modelConfig: { width: 2, blocks: 1, downsampling: 4, codeChannels: 2, codeLevels: 3 },
  levels: 64,
  size: { channels: 1, rows: ROWS * 4, cols: COLS * 4 },
};
const form = mapOf!(config);
const weights = Object.fromEntries(
  latents!
    .decoder(config, 1)
    .parts.map(({ name, declarations }) => [name, randomWeights(declarations, 8, 0.5)]),
);
const codes = Uint8Array.from(randomNumbers(2 * ROWS * COLS, 6), (x) => Math.floor(Math.abs(x) * 1000) % 3);

/** The pixels of all rows, decoded band by band, by a decoder that sees `unknown` below the rows that are known. */
async function decodedByBands(unknown: number): Promise<{ pixels: Uint8Array; bands: number[] }> {
  const decoder = openRowDecoder({ config, weights, form, latents: latents! }, 1, { openForward });
  const pixels = new Uint8Array(ROWS * 4 * COLS * 4);
  const bands: number[] = [];
  let decoded = 0;
  for (let known = 1; known <= ROWS; known++) {
    const seen = codes.map((code, i) => (Math.floor(i / COLS) % ROWS < known ? code : unknown));
    for (let band = decoder.next(known, decoded); band; band = decoder.next(known, decoded)) {
      pixels.set(await decoder.decode(seen, band), band.first * 4 * COLS * 4);
      decoded = band.end;
      bands.push(known);
    }
  }
  decoder.close();
  expect(decoded).toBe(ROWS);
  return { pixels, bands };
}

test("bands are decoded as the whole map is, before the rows below are known, whatever these are", async () => {
  const latentsOf = { count: 1, groups: [scaledLevels(codes, 3)], classes: undefined };
  const whole = await decode(latents!, { config, weights }, latentsOf, { cores: () => 1, openForward });
  const { pixels, bands } = await decodedByBands(0);
  expect(bands[0]).toBe(8 + form.reach);
  expect(bands.length).toBeGreaterThan(3);
  expect((await decodedByBands(2)).pixels).toEqual(pixels);
  // Sums may be rounded differently in windows of another height: by no more than a level, and rarely.
  const different = pixels.filter((level, i) => level !== whole[i]);
  pixels.forEach((level, i) => expect(Math.abs(level - whole[i]!)).toBeLessThanOrEqual(1));
  expect(different.length).toBeLessThan(pixels.length / 100);
  expect(new Set(pixels).size).toBeGreaterThan(10);
});

test("a pixel depends on codes as far away as the reach, and on none farther away", async () => {
  const changed = codes.slice();
  const row = 16;
  for (let c = 0; c < 2; c++)
    for (let col = 0; col < COLS; col++) {
      const at = (c * ROWS + row) * COLS + col;
      changed[at] = (changed[at]! + 1) % 3;
    }
  const both = new Uint8Array([...codes, ...changed]);
  const fine = { ...config, levels: 256 };
  const latentsOf = { count: 2, groups: [scaledLevels(both, 3)], classes: undefined };
  const all = await decode(latents!, { config: fine, weights }, latentsOf, { cores: () => 1, openForward });
  const [a, b] = [all.subarray(0, all.length / 2), all.subarray(all.length / 2)];
  const rows = Array.from(a, (level, i) => (level === b[i] ? -1 : Math.floor(i / (COLS * 4)))).filter(
    (r) => r >= 0,
  );
  const far = rows.map((r) => Math.abs(Math.floor(r / 4) - row));
  expect(Math.max(...far)).toBeLessThanOrEqual(form.reach);
  expect(Math.max(...far)).toBeGreaterThanOrEqual(form.reach - 2);
});

const SIZE: PictureSize = { channels: 2, rows: 4, cols: 6 };
const isGiven = Uint8Array.from({ length: 24 }, (_, i) => Number(i % 6 < 2 || i === 23));

test("codes are given where all of their pixels are", () => {
  expect([...codesGiven(isGiven, SIZE, 2)]).toEqual([1, 0, 0, 1, 0, 0]);
});

test("missing pixels have the levels of the nearest given one, and no influence", () => {
  const levels = Uint8Array.from({ length: 48 }, (_, i) => i);
  const filled = filledFromNearest({ levels, isGiven }, SIZE);
  expect([...filled.subarray(0, 6)]).toEqual([0, 1, 1, 1, 1, 23]);
  expect([...filled.subarray(18, 24)]).toEqual([18, 19, 19, 19, 23, 23]);
  expect([...filled.subarray(24, 30)]).toEqual([24, 25, 25, 25, 25, 47]);
  const others = levels.map((level, i) => (isGiven[i % 24] ? level : 99));
  expect(filledFromNearest({ levels: others, isGiven }, SIZE)).toEqual(filled);
});

test("given pixels are put back exactly", () => {
  const levels = Uint8Array.from({ length: 96 }, (_, i) => i);
  const band = new Uint8Array(24).fill(200);
  keepGiven(band, { levels, isGiven }, 1, SIZE, 2);
  expect([...band.subarray(0, 12)]).toEqual([60, 61, 200, 200, 200, 200, 66, 67, 200, 200, 200, 71]);
  expect([...band.subarray(12, 14)]).toEqual([84, 85]);
});
