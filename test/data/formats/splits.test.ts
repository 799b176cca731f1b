import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openDataset, validationOf } from "../../../src/data/open.ts";
import { pngFile } from "../../cli/picture-files.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const picture = await pngFile(3, 2, 2);
const folderWith = (...paths: string[]) =>
  temporaryFolder(Object.fromEntries(paths.map((path) => [path, picture])));

async function opened(name: string) {
  const warnings: string[] = [];
  const dataset = await openDataset(name, { onWarning: (warning) => void warnings.push(warning) });
  return { ...dataset, warnings };
}

describe("a folder that is divided into splits", () => {
  const all = ["train/cat/0.png", "train/dog/1.png", "train/dog/2.png", "test/dog/3.png", "val/cat/4.png"];

  test("is its training pictures, which a warning says; the others have names", async () => {
    const folder = await folderWith(...all);
    expect(await opened(folder)).toMatchObject({
      name: folder,
      count: 3,
      classNames: ["cat", "dog"],
      labels: Int32Array.of(0, 1, 1),
      warnings: [
        `${folder}: it is divided: these are the pictures of train; the others are ${folder}:valid, ${folder}:test`,
      ],
    });
    const named = { train: 3, training: 3, test: 1, valid: 1, validation: 1, val: 1 };
    for (const [split, count] of Object.entries(named)) {
      const name = `${folder}:${split}`;
      expect(await opened(name)).toMatchObject({ name, count, warnings: [] });
    }
    expect(await opened(`${folder}:test`)).toMatchObject({ classNames: ["dog"] });
  });

  test("may have no classes, other names, and a slash at its end", async () => {
    const folder = await folderWith("Train/0.png", "validation/1.png", "validation/2.png");
    expect(await opened(`${folder}/`)).toMatchObject({ count: 1, classNames: undefined });
    expect(await opened(`${folder}/:valid`)).toMatchObject({ count: 2 });
    expect(await validationOf(folder)).toBe(`${folder}:valid`);
  });

  test("has validation pictures for the training pictures alone", async () => {
    const folder = await folderWith(...all);
    expect(await validationOf(folder)).toBe(`${folder}:valid`);
    expect(await validationOf(`${folder}:train`)).toBe(`${folder}:valid`);
    for (const name of [`${folder}:test`, `${folder}:valid`, join(folder, "train"), "digits", "nowhere"])
      expect(await validationOf(name)).toBeUndefined();
    expect(await validationOf(await folderWith("train/0.png", "test/1.png"))).toBeUndefined();
  });

  test("has no other splits than it has, and each once", async () => {
    const folder = await folderWith("train/0.png", "test/1.png");
    await expect(openDataset(`${folder}:valid`)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: `no data set "${folder}:valid": ${folder} has ${folder}:test, ${folder}:train`,
    });
    await expect(openDataset(`${folder}:other`)).rejects.toThrow(
      `no data set "${folder}:other": expected one of`,
    );
    await expect(
      openDataset(await folderWith("train/0.png", "val/1.png", "valid/2.png")),
    ).rejects.toMatchObject({
      code: "ARGUMENT",
      message: expect.stringContaining('one sub-folder for the split "valid", received val and valid'),
    });
  });
});

describe("a folder that is not divided", () => {
  test("may have a class that is called like a split", async () => {
    const folder = await folderWith("train/0.png", "car/1.png", "bus/2.png");
    expect(await opened(folder)).toMatchObject({
      count: 3,
      classNames: ["bus", "car", "train"],
      warnings: [],
    });
    await expect(openDataset(`${folder}:test`)).rejects.toThrow(`${folder} has no splits`);
  });

  test("may have a name that ends like that of a split", async () => {
    const outer = await folderWith("x:test/0.png", "x/train/1.png", "x/train/2.png", "x/test/3.png");
    expect(await opened(join(outer, "x:test"))).toMatchObject({ count: 1, warnings: [] });
    expect(await opened(join(outer, "x"))).toMatchObject({ count: 2 });
  });
});
