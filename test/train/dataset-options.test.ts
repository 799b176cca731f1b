import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { memoryDataset } from "../../src/data/dataset.ts";
import { train } from "../../src/train/train.ts";
import type { TrainRequest } from "../../src/train/request.ts";
import { pngFile } from "../cli/picture-files.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";

const pictures = (levels: number) =>
  memoryDataset({
    name: "mine",
    size: { channels: 1, rows: 2, cols: 2 },
    levels,
    pixels: Uint8Array.from({ length: 40 }, (_, i) => i % 2),
  });

const tiny = { sizes: { width: 2, depth: 1, head: 2 }, steps: 1, batch: 2, warmup: 0 };

describe("pictures that are decoded already", () => {
  test.each([
    ["levels", { levels: 2 }, "2"],
    ["gray", { gray: true }, "true"],
    ["resize", { resize: { rows: 4, cols: 3 } }, '"3x4"'],
    ["skipBad", { skipBad: true }, "true"],
  ] as const)("cannot be given other %s", async (option, options, shown) => {
    const request: TrainRequest = { ...tiny, dataset: pictures(4), out: "unused", ...options };
    await expect(train(request)).rejects.toMatchObject({
      code: "ARGUMENT",
      message: `expected no ${option} beside a Dataset, which is decoded already, for "mine", received ${shown}`,
      about: [option],
    });
  });

  test("need the levels of the pictures that they validate", async () => {
    const request = { ...tiny, dataset: pictures(2), valid: pictures(4), out: "unused" };
    await expect(train(request)).rejects.toMatchObject({
      code: "ARGUMENT",
      message:
        'expected pictures of 2x2 with 1 channel(s) and 2 levels for mine, received "2x2 with 1 channel(s) and 4 levels"',
    });
  });

  test("take options that they agree with", async () => {
    const out = join(await temporaryFolder(), "run");
    const options = { levels: 2, gray: false, skipBad: false };
    expect((await train({ ...tiny, ...options, dataset: pictures(2), out })).step).toBe(1);
  });
});

describe("a folder with validation pictures", () => {
  const files = async () => ({
    "train/0.png": await pngFile(0, 2, 2, 1),
    "train/1.png": await pngFile(1, 2, 2, 1),
    "train/2.png": await pngFile(2, 2, 2, 1),
    "valid/3.png": await pngFile(3, 2, 2, 1),
  });
  const dataOf = async (run: string) =>
    (JSON.parse(await readFile(join(run, "config.json"), "utf8")) as { data: object }).data;

  test("is validated with them, unless another share is asked for", async () => {
    const folder = await temporaryFolder(await files());
    const warnings: string[] = [];
    const onWarning = (warning: string) => void warnings.push(warning);
    const run = join(folder, "run");
    await train({ ...tiny, dataset: folder, out: run }, { onWarning });
    expect(await dataOf(run)).toMatchObject({ train: folder, valid: `${folder}:valid` });
    expect(warnings).toContain(`${folder}: validation is with the pictures of ${folder}:valid`);
    const other = join(folder, "other");
    await train({ ...tiny, dataset: folder, validFraction: 0.3, out: other });
    expect(await dataOf(other)).toMatchObject({ train: folder, valid: 0.3 });
  });
});
