import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holdOut, memoryDataset, subset, type Dataset } from "../../src/data/dataset.ts";

/** Picture i is [i, 100 + i], and its class i % 3. */
function numbered(count: number): Dataset {
  return memoryDataset({
    name: "numbered",
    size: { channels: 1, rows: 1, cols: 2 },
    levels: 256,
    pixels: Uint8Array.from({ length: 2 * count }, (_, i) => (i % 2) * 100 + (i >> 1)),
    labels: Array.from({ length: count }, (_, i) => i % 3),
    classNames: ["a", "b", "c"],
  });
}

const everything = (dataset: Dataset): number[] => Array.from({ length: dataset.count }, (_, i) => i);

async function firstValues(dataset: Dataset): Promise<number[]> {
  return [...(await dataset.read(everything(dataset)))].filter((_, i) => i % 2 === 0);
}

const held = async (seed: number): Promise<number[]> => firstValues(holdOut(numbered(50), 0.2, seed).valid);

describe("memoryDataset", () => {
  const size = { channels: 1, rows: 2, cols: 2 };

  test("reads pictures in the order asked for, also repeatedly", async () => {
    const dataset = numbered(5);
    expect(dataset.count).toBe(5);
    expect(await dataset.read([4, 0, 4])).toEqual(Uint8Array.of(4, 104, 0, 100, 4, 104));
    expect(await dataset.read([])).toEqual(new Uint8Array(0));
  });

  test("hands out copies", async () => {
    const dataset = numbered(3);
    (await dataset.read([1])).fill(99);
    expect(await dataset.read([1])).toEqual(Uint8Array.of(1, 101));
  });

  test.each([5, -1, 0.5, NaN])("refuses picture index %s", async (index) => {
    await expect(numbered(5).read([0, index])).rejects.toMatchObject({
      code: "ARGUMENT",
      message: `expected a whole number from 0 to 4 for picture index, received ${index}`,
    });
  });

  test("names the classes of bare labels by their numbers", () => {
    const labels = [2, 0];
    const dataset = memoryDataset({ name: "x", size, levels: 4, pixels: new Uint8Array(8), labels });
    expect(dataset.labels).toEqual(Int32Array.of(2, 0));
    expect(dataset.classNames).toEqual(["0", "1", "2"]);
  });

  test("refuses parts that do not fit together", () => {
    const pixels = new Uint8Array(8);
    const base = { name: "x", size, levels: 4, pixels };
    expect(() => memoryDataset({ ...base, pixels: new Uint8Array(9) })).toThrow("a multiple of 4 sub-pixels");
    expect(() => memoryDataset({ ...base, pixels: new Uint8Array(0) })).toThrow("a multiple of 4 sub-pixels");
    expect(() => memoryDataset({ ...base, pixels: pixels.with(3, 4) })).toThrow(
      "levels below 4 for x, received 4",
    );
    expect(() => memoryDataset({ ...base, size: { ...size, rows: 0 } })).toThrow("for rows, received 0");
    expect(() => memoryDataset({ ...base, labels: [0] })).toThrow("2 numbers for labels, received 1");
    expect(() => memoryDataset({ ...base, labels: [0, 2], classNames: ["a", "b"] })).toThrow("received 2");
    expect(() => memoryDataset({ ...base, labels: [0, -1] })).toThrow("for label, received -1");
    expect(() => memoryDataset({ ...base, labels: [0, 1], classNames: ["a", "b", "a"] })).toThrow(
      'a name of its own for each class for class names, received "a"',
    );
    expect(() => memoryDataset({ ...base, classNames: ["a"] })).toThrow("labels beside class names");
  });
});

describe("subset", () => {
  test("keeps pictures and labels together, in the given order", async () => {
    const part = subset(numbered(10), [7, 2, 8]);
    expect(await firstValues(part)).toEqual([7, 2, 8]);
    expect(part.labels).toEqual(Int32Array.of(1, 2, 2));
    expect(part.classNames).toEqual(["a", "b", "c"]);
    expect(await firstValues(subset(part, [2, 0]))).toEqual([8, 7]);
  });

  test("has no pictures but its own", async () => {
    expect(() => subset(numbered(3), [3])).toThrow("from 0 to 2");
    expect(() => subset(numbered(3), [])).toThrow("no pictures");
    await expect(subset(numbered(10), [7, 2]).read([2])).rejects.toThrow("from 0 to 1");
  });
});

describe("holdOut", () => {
  test("splits into two parts that are disjoint and complete", async () => {
    const counts = fc.integer({ min: 2, max: 80 });
    const fractions = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    await fc.assert(
      fc.asyncProperty(counts, fractions, fc.maxSafeNat(), async (count, fraction, seed) => {
        const share = Math.round(count * fraction);
        fc.pre(share > 0 && share < count);
        const { train, valid } = holdOut(numbered(count), fraction, seed);
        expect(valid.count).toBe(share);
        const all = [...(await firstValues(train)), ...(await firstValues(valid))];
        expect(all.sort((a, b) => a - b)).toEqual(everything(numbered(count)));
      }),
      { seed: 4 },
    );
  });

  test("depends on the seed alone", async () => {
    expect(await held(1)).toEqual(await held(1));
    expect(await held(1)).not.toEqual(await held(2));
  });

  test("refuses to leave a side empty", () => {
    expect(() => holdOut(numbered(10), 0.01, 0)).toThrow(
      "holding out 0.01 of the 10 pictures of numbered leaves none for validation",
    );
    expect(() => holdOut(numbered(10), 0.99, 0)).toThrow("leaves none for training");
    for (const fraction of [0, 1, -0.1, NaN]) {
      expect(() => holdOut(numbered(10), fraction, 0)).toThrow("expected a number between 0 and 1");
    }
  });
});
