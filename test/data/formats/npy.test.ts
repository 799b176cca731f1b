import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openDataset, validationOf, type OpenOptions } from "../../../src/data/open.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { npyFile } from "./npy-file.ts";
import { zipArchive } from "./zip-archive.ts";

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

const allOf = async (dataset: Dataset) => [...(await dataset.read(upTo(dataset.count)))];

const onDisk = { memory: 0 };

/** The data set of a file `x.npy` of these bytes. */
async function opened(bytes: Uint8Array, options: OpenOptions = {}) {
  const file = join(await temporaryFolder({ "x.npy": bytes }), "x.npy");
  return { file, open: () => openDataset(file, options) };
}

const refusal = (code: string, ...parts: readonly string[]) => ({
  code,
  message: expect.stringMatching(
    new RegExp(parts.map((part) => part.replaceAll(/[.()[\]]/g, "\\$&")).join(".*")),
  ),
});

describe("the layout of an array", () => {
  const size = { channels: 3, rows: 2, cols: 4 };
  /** The value of each sub-pixel of two pictures. */
  const valueOf = (n: number, c: number, h: number, w: number) => ((n * 3 + c) * 2 + h) * 4 + w;
  const extents = { N: 2, C: 3, H: 2, W: 4 };
  const layouts = ["NCHW", "NHWC", "HWCN", "WHCN", "CHWN"] as const;
  const inOrder = (axes: string, isFortran: boolean) => {
    const fastestLast = isFortran ? [...axes].reverse() : [...axes];
    let places: Readonly<Record<string, number>>[] = [{}];
    for (const axis of fastestLast)
      places = places.flatMap((place) =>
        upTo(extents[axis as keyof typeof extents]).map((i) => ({ ...place, [axis]: i })),
      );
    return places.map(({ N = 0, C = 0, H = 0, W = 0 }) => valueOf(N, C, H, W));
  };

  test.each(
    layouts.flatMap((axes) =>
      [false, true].flatMap((isFortran) => [{}, onDisk].map((where) => ({ axes, isFortran, where }))),
    ),
  )("is told by letters: %o", async ({ axes, isFortran, where }) => {
    const shape = [...axes].map((axis) => extents[axis as keyof typeof extents]);
    const { file, open } = await opened(npyFile(shape, inOrder(axes, isFortran), { isFortran }), {
      ...where,
      layout: axes,
    });
    const liesInOne = axes.endsWith("N") === isFortran;
    if (where === onDisk && !liesInOne) {
      await expect(open()).rejects.toMatchObject(refusal("FORMAT", file, "one after the other"));
      return;
    }
    const dataset = await open();
    expect(dataset).toMatchObject({ count: 2, size, levels: 256 });
    expect(await allOf(dataset)).toEqual(upTo(48));
    expect([...(await dataset.read([1]))]).toEqual(upTo(48).slice(24));
  });

  test.each([
    [[5, 784], { channels: 1, rows: 28, cols: 28 }, 5],
    [[5, 4, 6], { channels: 1, rows: 4, cols: 6 }, 5],
    [[5, 1, 4, 6], { channels: 1, rows: 4, cols: 6 }, 5],
    [[5, 3, 4, 6], { channels: 3, rows: 4, cols: 6 }, 5],
    [[5, 4, 6, 3], { channels: 3, rows: 4, cols: 6 }, 5],
  ])("is told by the shape %j", async (shape, size, count) => {
    const values = upTo(shape.reduce((a, b) => a * b)).map((i) => i % 251);
    const { open } = await opened(npyFile(shape, values));
    expect(await open()).toMatchObject({ size, count });
  });

  test.each([
    [[12], undefined],
    [[2, 6], undefined],
    [[2, 2, 3], undefined],
    [[1, 3, 2, 3], undefined],
    [[2, 2, 2, 2], undefined],
    [[1, 2, 2, 2, 2], undefined],
    [[2, 3, 4], "NCHW"],
    [[2, 2, 4], "CHW"],
  ])("of the shape %j is to be told, or told rightly (%s)", async (shape, layout) => {
    const { file, open } = await opened(npyFile(shape, upTo(shape.reduce((a, b) => a * b))), { layout });
    await expect(open()).rejects.toMatchObject({ ...refusal("ARGUMENT", file), about: ["layout"] });
  });

  test.each(["", "NH", "NHWX", "NHHW", "nhw"])("is no %j", async (layout) => {
    const { open } = await opened(npyFile([1, 1, 2], [0, 1]), { layout });
    await expect(open()).rejects.toMatchObject({
      code: "ARGUMENT",
      message: expect.stringContaining("for layout"),
    });
  });

  test("of one picture needs no N", async () => {
    const { open } = await opened(npyFile([1, 2, 3], upTo(6)), { layout: "HWC" });
    const dataset = await open();
    expect(dataset).toMatchObject({ count: 1, size: { channels: 3, rows: 1, cols: 2 } });
    expect(await allOf(dataset)).toEqual([0, 3, 1, 4, 2, 5]);
  });
});

describe("the values of an array", () => {
  test.each([
    ["|b1", undefined, [0, 1, 1, 0], [0, 1, 1, 0], 2],
    ["|u1", undefined, [0, 1, 254, 255], [0, 1, 254, 255], 256],
    ["|u1", 16, [0, 1, 15, 16], [0, 16, 239, 255], 256],
    ["<u2", undefined, [0, 257, 65_278, 65_535], [0, 1, 254, 255], 256],
    [">u2", 4095, [0, 16, 4079, 4095], [0, 1, 254, 255], 256],
    ["<f4", 1, [0, 0.5, 0.25, 1], [0, 128, 64, 255], 256],
    [">f4", 255, [0, 1, 254.4, 255], [0, 1, 254, 255], 256],
    ["<f8", 255, [0, 255, 255, 0], [0, 1, 1, 0], 2],
    [">f8", 1, [0, 1 / 3, 2 / 3, 1], [0, 85, 170, 255], 4],
    ["<i8", 255, [0, 9, 255, 3], [0, 9, 255, 3], 256],
    [">i4", 3, [0, 1, 3, 2], [0, 85, 255, 170], 4],
  ])("of type %s with white %s", async (descr, white, values, wanted, levels) => {
    const isFewer = levels === 4;
    for (const where of [{}, onDisk]) {
      const { open } = await opened(npyFile([2, 1, 2], values, { descr }), { white, ...where });
      const dataset = await open();
      expect(dataset.levels).toBe(isFewer ? 4 : levels);
      const scale = isFewer ? 85 : 1;
      expect((await allOf(dataset)).map((value) => value * scale)).toEqual(wanted);
    }
  });

  test.each(["<f4", ">f8", "<i4", "<i8", "|i1"])("of type %s need a value of white", async (descr) => {
    const { file, open } = await opened(npyFile([1, 1, 2], [0, 1], { descr }));
    await expect(open()).rejects.toMatchObject({ ...refusal("ARGUMENT", "white", file), about: ["white"] });
  });

  test.each([
    [-0.5, 1],
    [1.5, 1],
    [Number.NaN, 1],
    [Infinity, 255],
  ])("%d are refused where white is %d, in which picture", async (value, white) => {
    const bytes = npyFile([2, 1, 2], [0, 1, 0, value], { descr: "<f4" });
    const { file, open } = await opened(bytes, { white });
    await expect(open()).rejects.toMatchObject({
      code: "FORMAT",
      message: `${file}: expected values from 0 to ${white}, received ${value} in picture 1`,
    });
  });

  test("are grey if asked for", async () => {
    const grey = await opened(npyFile([1, 2, 1, 3], [255, 0, 0, 9, 9, 9]), { gray: true });
    const dataset = await grey.open();
    expect(dataset.size).toEqual({ channels: 1, rows: 2, cols: 1 });
    expect((await allOf(dataset))[1]).toBe(9);
  });

  test("are the same from the disk, in any order, at any level", async () => {
    const values = upTo(6 * 4 * 5).map((i) => (i * i) % 256);
    const file = join(
      await temporaryFolder({ "x.npy": npyFile([6, 4, 5], values, { version: 2 }) }),
      "x.npy",
    );
    const picks = fc.array(fc.nat(5), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(picks, fc.constantFrom(undefined, 2, 16, 256), async (indices, levels) => {
        const [memory, disk] = [
          await openDataset(file, { levels }),
          await openDataset(file, { levels, ...onDisk }),
        ];
        expect(disk).toMatchObject({ count: 6, size: memory.size, levels: memory.levels });
        expect(await disk.read(indices)).toEqual(await memory.read(indices));
      }),
      { seed: 1, numRuns: 10 },
    );
  });
});

describe("what is not an array of numbers", () => {
  const valid = npyFile([2, 2, 2], upTo(8));
  const withText = (from: string, to: string) =>
    Buffer.from(valid.toString("latin1").replace(from, to), "latin1");
  test.each([
    ["nothing", Buffer.alloc(0), "a NumPy array of version 1 to 3"],
    ["text", Buffer.from("not an array, but a text"), "a NumPy array of version 1 to 3"],
    ["cut off", valid.subarray(0, -1), "values of the shape (2, 2, 2), received 7 bytes: it is truncated"],
    ["too long", Buffer.concat([valid, Buffer.of(0)]), "9 bytes: there is something after its end"],
    ["without pictures", npyFile([0, 2, 2], []), "values of the shape (0, 2, 2), received 0 bytes"],
    ["of objects", withText("|u1", "|O8"), "numbers of type bool, uint8"],
    ["of half floats", withText("|u1", "<f2"), "received the type <f2"],
    ["of many bytes without an order", withText("|u1", "|u2"), "received the type |u2"],
    ["of text", withText("'|u1'", "'<U12'"), "a NumPy header of an array of numbers"],
    ["of records", withText("'|u1'", "[('a', '|u1')]"), "a NumPy header of an array of numbers"],
    ["with another field", withText("'shape'", "'shapes'"), "a NumPy header of an array of numbers"],
  ])("%s is refused", async (_, bytes, reason) => {
    const { file, open } = await opened(bytes);
    await expect(open()).rejects.toMatchObject({
      code: "FORMAT",
      message: expect.stringContaining(reason),
    });
    await expect(open()).rejects.toThrow(file);
  });
});

describe("labels", () => {
  test("are in the file beside it whose name says so", async () => {
    const folder = await temporaryFolder({
      "x_train.npy": npyFile([3, 1, 2], upTo(6)),
      "y_train.npy": npyFile([3, 1], [2, 0, 2], { descr: "<i8" }),
      "train_images.npy": npyFile([2, 1, 2], upTo(4)),
      "train_labels.npy": npyFile([3], [2, 0, 2]),
      "images.npy": npyFile([1, 1, 2], upTo(2)),
      "labels.npy": npyFile([1], [-1], { descr: "<i8" }),
    });
    const dataset = await openDataset(join(folder, "x_train.npy"));
    expect([...dataset.labels!]).toEqual([2, 0, 2]);
    expect(dataset.classNames).toEqual(["0", "1", "2"]);
    expect((await openDataset(join(folder, "x_train.npy"), onDisk)).labels).toEqual(dataset.labels);
    expect((await openDataset(join(folder, "x_train.npy"), { labels: false })).labels).toBeUndefined();
    await expect(openDataset(join(folder, "train_images.npy"))).rejects.toMatchObject(
      refusal(
        "FORMAT",
        "train_labels.npy: expected 2 whole numbers",
        "train_images.npy, received uint8 of the shape",
      ),
    );
    await expect(openDataset(join(folder, "images.npy"))).rejects.toMatchObject(
      refusal("FORMAT", "labels.npy: expected a label from 0 to 65535 for picture 0, received -1"),
    );
  });
});

describe("several arrays in a file", () => {
  const keras = {
    "x_test.npy": npyFile([1, 1, 2], [5, 6]),
    "x_train.npy": npyFile([2, 1, 2], upTo(4)),
    "y_train.npy": npyFile([2], [1, 0]),
    "y_test.npy": npyFile([1], [1]),
  };
  test.each([{}, { isPacked: false }, { is64: true }])("as Keras ships MNIST: %o", async (packing) => {
    const file = join(await temporaryFolder({ "mnist.npz": zipArchive(keras, packing) }), "mnist.npz");
    for (const name of [file, `${file}:train`, `${file}:x_train`]) {
      const dataset = await openDataset(name, onDisk);
      expect(dataset).toMatchObject({ name, count: 2, labels: Int32Array.of(1, 0), classNames: ["0", "1"] });
      expect(await allOf(dataset)).toEqual(upTo(4));
    }
    const tests = await openDataset(`${file}:test`);
    expect(await allOf(tests)).toEqual([5, 6]);
    expect([...tests.labels!]).toEqual([1]);
    expect(await validationOf(file)).toBeUndefined();
  });

  test("as MedMNIST has them, with pictures to validate with", async () => {
    const splits = Object.fromEntries(
      ["train", "val", "test"].flatMap((split, i) => [
        [`${split}_images.npy`, npyFile([1, 1, 2], [i, i])],
        [`${split}_labels.npy`, npyFile([1, 1], [i])],
      ]),
    );
    const file = join(await temporaryFolder({ "path.npz": zipArchive(splits) }), "path.npz");
    expect(await validationOf(file)).toBe(`${file}:valid`);
    expect(await validationOf(`${file}:test`)).toBeUndefined();
    const valid = await openDataset(`${file}:valid`);
    expect(await allOf(valid)).toEqual([1, 1]);
    expect([...valid.labels!]).toEqual([1]);
  });

  test.each([
    [{ "arr_0.npy": npyFile([1, 1, 2], [7, 8]) }, undefined],
    [{ "arr_0.npy": npyFile([1, 1, 2], [7, 8]), "arr_1.npy": npyFile([1], [3]) }, [3]],
    [{ "faces.npy": npyFile([1, 1, 2], [7, 8]) }, undefined],
    [
      { "X.npy": npyFile([1, 1, 2], [7, 8]), "Y.npy": npyFile([1], [3]), "other.npy": npyFile([1], [0]) },
      [3],
    ],
  ])("as savez names them (%#)", async (arrays, labels) => {
    const dataset = await openDataset(join(await temporaryFolder({ "a.npz": zipArchive(arrays) }), "a.npz"));
    expect(await allOf(dataset)).toEqual([7, 8]);
    expect(dataset.labels && [...dataset.labels]).toEqual(labels);
  });

  test("are named if it is not clear which is meant, or there is none", async () => {
    const several = zipArchive({ "a.npy": npyFile([1, 1, 2], [7, 8]), "b.npy": npyFile([1, 1, 2], [9, 9]) });
    const folder = await temporaryFolder({
      "a.npz": several,
      "none.npz": zipArchive({ "a.txt": Buffer.of(1) }),
    });
    const file = join(folder, "a.npz");
    expect(await allOf(await openDataset(`${file}:b`))).toEqual([9, 9]);
    for (const name of [file, `${file}:test`, `${file}:c`]) {
      await expect(openDataset(name)).rejects.toMatchObject({
        code: "NOT_FOUND",
        message: `no data set "${name}": ${file} has ${file}:a, ${file}:b`,
      });
    }
    await expect(openDataset(join(folder, "none.npz"))).rejects.toMatchObject(
      refusal("FORMAT", "none.npz", "arrays"),
    );
  });

  test("that are damaged are named with their place", async () => {
    const bad = zipArchive({ "x_train.npy": Buffer.from("no array at all") });
    const folder = await temporaryFolder({ "a.npz": bad });
    await expect(openDataset(join(folder, "a.npz"))).rejects.toThrow(
      "a.npz: x_train.npy: expected a NumPy array",
    );
  });
});
