import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { openDataset } from "../../src/data/open.ts";
import { readRunConfig } from "../../src/run/config.ts";
import { ImageModel } from "../../src/tasks/image-model.ts";
import type { TrainRequest } from "../../src/train/request.ts";
import { resume, train } from "../../src/train/train.ts";
import { pngFile } from "../cli/picture-files.ts";
import { npyFile } from "../data/formats/npy-file.ts";
import { zipArchive } from "../data/formats/zip-archive.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const noise = (count: number) => upTo(count).map((i) => (i * i * 37) % 256);

const TINY = { steps: 1, batch: 2, shares: 1, sizes: { width: 2, depth: 1, head: 4 }, validFraction: 0.25 };

const multiPage = async () =>
  sharp(await Promise.all(upTo(8).map((i) => pngFile(i, 5, 4))), { join: { animated: true } })
    .tiff({ compression: "lzw" })
    .toBuffer();

const FILES: readonly (readonly [
  file: string,
  bytes: () => Uint8Array | Promise<Uint8Array>,
  Partial<TrainRequest>,
])[] = [
  ["quickdraw.npy", () => npyFile([8, 64], noise(8 * 64)), {}],
  [
    "floats.npy",
    () =>
      npyFile(
        [8, 4, 5],
        upTo(160).map((i) => i / 159),
        { descr: "<f4" },
      ),
    { white: 1, levels: 8 },
  ],
  [
    "mnist.npz",
    () =>
      zipArchive({
        "x_train.npy": npyFile([8, 6, 6], noise(8 * 36)),
        "y_train.npy": npyFile([8], [0, 1, 0, 1, 0, 1, 0, 1]),
      }),
    { classConditional: true },
  ],
  ["pages.tif", multiPage, { frames: true }],
  [
    "classes.zip",
    async () =>
      zipArchive(
        Object.fromEntries(
          await Promise.all(
            upTo(8).map(async (i) => [`${i % 2 ? "cat" : "dog"}/${i}.png`, await pngFile(i, 5, 4)]),
          ),
        ),
      ),
    { classConditional: true },
  ],
];

describe.each(FILES)("a model of %s", (name, bytes, options) => {
  test("is trained, scores it and draws", async () => {
    const folder = await temporaryFolder();
    const [dataset, out] = [join(folder, name), join(folder, "run")];
    await writeFile(dataset, await bytes());
    await train({ ...TINY, ...options, dataset, out }, { threads: 1 });
    const { data, network } = await readRunConfig(out);
    expect(data.pictures).toEqual({ train: 6, valid: 2 });
    const model = await ImageModel.load(out);
    const { images, nllNats } = await model.score(dataset);
    expect(images).toBe(8);
    expect(nllNats).toBeGreaterThan(0);
    const { size } = await openDataset(dataset, options);
    expect(network.size).toEqual(size);
    const drawn = await model.sample({ count: 2, workers: 1 });
    expect(drawn).toMatchObject({ count: 2, size });
  });
});

test("only the first pictures are trained on, and are so again when the run goes on", async () => {
  const out = join(await temporaryFolder(), "run");
  await train({ ...TINY, dataset: "digits", limit: 12, valid: "digits:test", out }, { threads: 1 });
  const { data } = await readRunConfig(out);
  expect(data).toMatchObject({ limit: 12, pictures: { train: 12, valid: 1797 } });
  await expect(resume(out, { threads: 1, steps: 2 })).resolves.toMatchObject({ step: 2 });
  const all = join(await temporaryFolder(), "run");
  await train({ ...TINY, dataset: "digits", limit: 4000, out: all }, { threads: 1 });
  expect((await readRunConfig(all)).data.pictures).toEqual({ train: 2867, valid: 956 });
});
