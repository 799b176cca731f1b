import * as fc from "fast-check";
import { expect, test } from "vitest";
import { memoryDataset } from "../../src/data/dataset.ts";
import { stacked } from "../../src/data/stack.ts";

/** Picture i is i everywhere, and of class i % classes. */
const numbered = (count: number, classes: number) =>
  memoryDataset({
    name: "numbered",
    size: { channels: 1, rows: 2, cols: 3 },
    levels: 256,
    pixels: Uint8Array.from({ length: 6 * count }, (_, i) => Math.floor(i / 6)),
    labels: Array.from({ length: count }, (_, i) => i % classes),
  });

test("a picture is three of the data set, and its class says of which classes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 10, max: 200 }),
      fc.integer({ min: 0, max: 2 ** 40 }),
      async (classes, count, seed) => {
        const stack = stacked(numbered(count, classes), 30, seed);
        const indices = [29, 0, 7, 7];
        const pictures = await stack.read(indices);
        expect(pictures.length).toBe(indices.length * 18);
        indices.forEach((index, i) => {
          const planes = [0, 1, 2].map((c) => pictures.subarray((3 * i + c) * 6, (3 * i + c + 1) * 6));
          for (const plane of planes) expect(new Set(plane).size).toBe(1);
          expect(stack.classNames![stack.labels![index]!]).toBe(
            planes.map(([level]) => level! % classes).join("/"),
          );
        });
      },
    ),
  );
});

test("digits have the classes 100 a + 10 b + c", () => {
  const stack = stacked(numbered(100, 10), 5, 1);
  expect(stack.classNames).toHaveLength(1000);
  expect(stack.classNames![407]).toBe("4/0/7");
});

test("picture i is the same however many there are, and another with another seed", async () => {
  const read = async (count: number, seed: number) => stacked(numbered(200, 10), count, seed).read([3, 4]);
  expect(await read(10, 1)).toEqual(await read(100_000, 1));
  expect(await read(10, 1)).not.toEqual(await read(10, 2));
});

test("every picture is drawn about equally often", async () => {
  const stack = stacked(numbered(10, 10), 3000, 5);
  const pictures = await stack.read(Array.from({ length: 3000 }, (_, i) => i));
  const counts = new Map<number, number>();
  for (const level of pictures) counts.set(level, (counts.get(level) ?? 0) + 1 / 6);
  expect(counts.size).toBe(10);
  for (const times of counts.values()) expect(Math.abs(times - 900)).toBeLessThan(120);
});

test("the crop of a picture is at the same place in its three colours", async () => {
  const asked: unknown[] = [];
  const crops = {
    ...numbered(9, 3),
    read: async (indices: ArrayLike<number>, places?: unknown) => {
      asked.push(places);
      return new Uint8Array(6 * indices.length);
    },
  };
  const [a, b] = [
    { down: 0.1, across: 0.2 },
    { down: 0.3, across: 0.4 },
  ];
  await stacked(crops, 4).read([1, 2], [a, b]);
  await stacked(crops, 4).read([1, 2]);
  expect(asked).toEqual([[a, a, a, b, b, b], undefined]);
});

test("colours, and more classes than a run can name, are refused", () => {
  const colour = { ...numbered(9, 3), size: { channels: 3, rows: 2, cols: 1 } };
  expect(() => stacked(colour, 4)).toThrow(
    "expected pictures of one channel for the pictures of numbered to stack, received 3",
  );
  expect(() => stacked(numbered(100, 17), 4)).toThrow(
    "expected at most 16 classes for the pictures of numbered to stack, received 17",
  );
  expect(() => stacked(numbered(9, 3), 0)).toThrow("the pictures to stack");
  const unlabelled = { ...numbered(9, 3), labels: undefined, classNames: undefined };
  expect(stacked(unlabelled, 4).labels).toBeUndefined();
});
