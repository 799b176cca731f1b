import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openFolder } from "../../../src/data/formats/folder.ts";
import type { FolderOptions } from "../../../src/data/formats/picture-files.ts";
import { pngFile } from "../../cli/picture-files.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const onDisk = { memory: 0 };

const pictures = async (count: number, cols: number, rows: number, channels: 1 | 3 = 3) =>
  Object.fromEntries(
    await Promise.all(
      Array.from(
        { length: count },
        async (_, i) => [`${i % 2 ? "b" : "a"}/${i}.png`, await pngFile(i, cols, rows, channels)] as const,
      ),
    ),
  );

const everyOption: readonly FolderOptions[] = [
  {},
  { gray: true },
  { resize: { rows: 5, cols: 7 } },
  { crop: { rows: 4, cols: 3 } },
  { resize: { rows: 6, cols: 6 }, crop: { rows: 4, cols: 3 } },
];

describe("a folder that stays on disk", () => {
  test.each(everyOption)("has the pictures of one in memory: %o", async (options) => {
    const folder = await temporaryFolder(await pictures(12, 8, 9));
    const [disk, memory] = [
      await openFolder(folder, { ...options, ...onDisk }),
      await openFolder(folder, options),
    ];
    const { read: _, nameOf, ...about } = memory;
    expect(disk).toMatchObject(about);
    const names = ({ count }: typeof disk, of: typeof nameOf) =>
      Array.from({ length: count }, (_, i) => of!(i));
    expect(names(disk, disk.nameOf)).toEqual(names(memory, nameOf));
    const place = fc.record({
      down: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      across: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    });
    const uses = fc.array(fc.tuple(fc.nat(11), place), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(uses, async (chosen) => {
        const indices = chosen.map(([index]) => index);
        const places = options.crop && chosen.map(([, where]) => where);
        expect(await disk.read(indices, places)).toEqual(await memory.read(indices, places));
      }),
      { numRuns: 10 },
    );
  });

  test("crops pictures of many sizes alike", async () => {
    const folder = await temporaryFolder({
      "a.png": await pngFile(1, 9, 5),
      "b.png": await pngFile(2, 5, 12),
      "c.png": await pngFile(3, 5, 5),
    });
    const options = { crop: { rows: 5, cols: 4 } };
    const [disk, memory] = [
      await openFolder(folder, { ...options, ...onDisk }),
      await openFolder(folder, options),
    ];
    const places = [0, 0.5, 0.9].map((share) => ({ down: share, across: share }));
    expect(await disk.read([0, 1, 2], places)).toEqual(await memory.read([0, 1, 2], places));
    expect(await disk.read([0, 1, 2])).toEqual(await memory.read([0, 1, 2]));
    const tooLarge = { crop: { rows: 5, cols: 6 } };
    for (const memory of [0, undefined])
      await expect(openFolder(folder, { ...tooLarge, memory })).rejects.toMatchObject({
        code: "ARGUMENT",
        message: `expected at least 6x5 pixels, the size of the crops, for ${join(folder, "b.png")}, received "5x12"`,
      });
  });

  test("decodes nothing when it is opened, and names what turns out bad", async () => {
    const good = await pngFile(1, 20, 20);
    const folder = await temporaryFolder({ "a.png": good, "b.png": good.subarray(0, -60), "c.png": good });
    const dataset = await openFolder(folder, onDisk);
    expect(dataset.count).toBe(3);
    expect(await dataset.read([0, 2])).toHaveLength(2 * 20 * 20 * 3);
    await expect(dataset.read([0, 1])).rejects.toMatchObject({
      code: "FORMAT",
      message: expect.stringMatching(/b\.png: cannot decode this picture \(.*\)$/),
    });
    await rm(join(folder, "c.png"));
    await expect(dataset.read([2])).rejects.toMatchObject({
      code: "FORMAT",
      message: expect.stringContaining("c.png: cannot decode this picture ("),
    });
  });

  test("remembers as many pictures as memory may hold, but no crops", async () => {
    const folder = await temporaryFolder(await pictures(3, 8, 9));
    const crop = { rows: 9, cols: 8 };
    const memory = 2 * 8 * 9 * 3;
    const [some, crops] = [await openFolder(folder, { memory }), await openFolder(folder, { memory, crop })];
    const all = [0, 1, 2];
    const before = await some.read(all);
    expect(await crops.read(all)).toEqual(before);
    for (const name of ["a/0.png", "b/1.png", "a/2.png"]) await rm(join(folder, name));
    const readable = await Promise.allSettled(all.map((index) => some.read([index])));
    expect(readable.map(({ status }) => status).sort()).toEqual(["fulfilled", "fulfilled", "rejected"]);
    for (const [index, result] of readable.entries())
      if (result.status === "fulfilled")
        expect(result.value).toEqual(before.subarray(index * 216, (index + 1) * 216));
    for (const index of all) await expect(crops.read([index])).rejects.toThrow("cannot decode");
  });

  test("leaves bad files out with a warning each if it is asked to", async () => {
    const good = await pngFile(1, 20, 20);
    const folder = await temporaryFolder({
      "a.png": good,
      "b.png": good.subarray(0, -60),
      "c.png": "not a picture",
      "d.png": good,
    });
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const dataset = await openFolder(folder, { ...onDisk, skipBad: true, onWarning });
    expect(dataset.count).toBe(2);
    expect(await dataset.read([0, 1])).toHaveLength(2 * 20 * 20 * 3);
    expect(warnings.map((warning) => warning.match(/[bc]\.png.*left out$/) !== null)).toEqual([true, true]);
  });

  test("refuses a picture that has become another since", async () => {
    const folder = await temporaryFolder({
      "a.png": await pngFile(1, 4, 4, 1),
      "b.png": await pngFile(2, 4, 4, 1),
    });
    const dataset = await openFolder(folder, onDisk);
    await writeFile(join(folder, "b.png"), await pngFile(2, 4, 4, 3));
    await expect(dataset.read([1])).rejects.toThrow(
      /a\.png is grey and .*b\.png has colours; read all as grey/,
    );
    await writeFile(join(folder, "b.png"), await pngFile(2, 4, 5, 1));
    await expect(dataset.read([1])).rejects.toThrow(/a\.png is 4x4 and .*b\.png is 4x5; resize them/);
  });
});
