import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryDataset, pictureLength } from "../../src/data/dataset.ts";
import { readRunConfig } from "../../src/run/config.ts";
import { ImageModel } from "../../src/tasks/image-model.ts";
import type { TrainRequest } from "../../src/train/request.ts";
import { resume, train } from "../../src/train/train.ts";
import { randomLevels } from "../runtime/logits.ts";

// Trainings of networks that are told something in advance: known pixels, a smaller picture, another picture.

const SIZE = { channels: 1, rows: 4, cols: 8 };
const COUNT = 24;
const pictures = memoryDataset({
  name: "noise",
  size: SIZE,
  levels: 2,
  pixels: randomLevels(COUNT * pictureLength(SIZE), 2, 1),
  labels: Array.from({ length: COUNT }, (_, i) => i % 2),
});

let folder: string;
const at = (name: string) => join(folder, name);

/** Coloured pictures, and their negatives in grey, as files. */
async function writePairs(): Promise<void> {
  await Promise.all(["colours", "negatives"].map((name) => mkdir(at(name))));
  for (let i = 0; i < COUNT; i++) {
    const levels = randomLevels(3 * 32, 2, 100 + i).map((level) => 255 * level);
    const raw = (channels: 1 | 3) => ({ raw: { width: 8, height: 4, channels } });
    await sharp(levels, raw(3))
      .png()
      .toFile(at(`colours/p${i}.png`));
    const negative = Uint8Array.from({ length: 32 }, (_, k) => 255 - levels[3 * k]!);
    await sharp(negative, raw(1))
      .toColourspace("b-w")
      .png()
      .toFile(at(`negatives/p${i}.png`));
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nextpixel-field-"));
  await writePairs();
});
afterAll(() => rm(folder, { recursive: true }));

const common = {
  model: "pixelcnn",
  sizes: { width: 2, depth: 1, head: 4 },
  fieldWidth: 2,
  fieldDepth: 1,
  batch: 5,
  shares: 2,
  steps: 6,
  evalEvery: 3,
  checkpointEvery: 3,
  lr: 0.02,
  warmup: 2,
  validFraction: 0.25,
  keep: 3,
} as const;

const REQUESTS: readonly (readonly [string, () => Omit<TrainRequest, "out">])[] = [
  [
    "known pixels, of classes",
    () => ({ ...common, dataset: pictures, completeAny: true, classConditional: true }),
  ],
  ["coarse to fine", () => ({ ...common, dataset: pictures, coarseToFine: 2, mirror: true })],
  ["another picture", () => ({ ...common, dataset: at("colours"), condition: at("negatives") })],
  [
    "known pixels, and positions",
    () => ({ ...common, dataset: pictures, completeAny: true, positions: true }),
  ],
  [
    "coarse to fine, sizes of larger pictures, and positions",
    () => ({ ...common, dataset: pictures, coarseToFine: 2, fineSizes: { depth: 2 }, positions: true }),
  ],
  [
    "coarse to fine, of differences",
    () => ({
      ...common,
      dataset: pictures,
      coarseToFine: 1,
      likelihood: "logistic-mixture",
      differences: true,
    }),
  ],
  [
    "another picture, and positions",
    () => ({ ...common, dataset: at("colours"), condition: at("negatives"), positions: true }),
  ],
];

const weightsOf = async (run: string) => readFile(join(run, "checkpoints", "step-00000006.safetensors"));

describe.each(REQUESTS)("a training with %s", (name, request) => {
  const run = (suffix: string) => at(`${name.replaceAll(/\W/g, "-")}-${suffix}`);
  const options = { threads: 1 };

  test("goes on to the same weights, bit for bit", async () => {
    await train({ ...request(), out: run("whole") }, options);
    const controller = new AbortController();
    const stopped = train(
      { ...request(), out: run("parts") },
      {
        ...options,
        signal: controller.signal,
        onEvent: (event) => event.type === "progress" && event.step === 4 && controller.abort(),
      },
    );
    await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });
    const again = request().dataset === pictures ? { dataset: pictures } : undefined;
    await resume(run("parts"), { ...options, ...(again && { pictures: again }) });
    expect(await weightsOf(run("parts"))).toEqual(await weightsOf(run("whole")));
    expect(await readdir(join(run("whole"), "samples"))).toHaveLength(2);
  });

  test("is repeated by its configuration, and scores what it has validated", async () => {
    const config = await readRunConfig(run("whole"));
    expect(config.network.field).toMatchObject({ width: 2, depth: 1 });
    const model = await ImageModel.load(run("whole"), { checkpoint: "last" });
    expect(config.network.positions).toBe(request().positions);
    expect(config.network.differences).toBe(request().differences);
    const { field } = config.network;
    expect(field?.kind === "coarse" ? field.sizes : undefined).toEqual(request().fineSizes);
    const isOfPairs = name.startsWith("another picture");
    const dataset = isOfPairs ? at("colours") : pictures;
    const beside = isOfPairs ? { condition: at("negatives") } : {};
    const whole = await model.score(dataset, { ...beside, limit: 6 });
    const upper = await model.score(dataset, { ...beside, limit: 6, mask: "lower" });
    expect(upper.givenPixels).toBe(16);
    expect(upper.nllNats).toBeLessThan(whole.nllNats);
    expect(upper.nllNats).toBeGreaterThan(0);
    const drawn = await model.complete(dataset, { ...beside, limit: 2, count: 2, mask: "right" });
    expect(drawn.count).toBe(4);
    expect(drawn.nats!.every((nats) => nats > 0)).toBe(true);
  });
});

test("what does not go together is refused", async () => {
  const request = { ...common, dataset: pictures, out: at("refused") };
  const refusal = (asked: Partial<TrainRequest>) =>
    expect(train({ ...request, ...asked }, { threads: 1 })).rejects;
  await refusal({ completeAny: true, coarseToFine: 1 }).toMatchObject({
    code: "ARGUMENT",
    message: "expected no coarseToFine beside completeAny for coarseToFine, received 1",
  });
  await refusal({}).toMatchObject({
    code: "ARGUMENT",
    message: "expected none without completeAny, coarseToFine or condition for fieldWidth, received 2",
  });
  await refusal({ fineSizes: { depth: 2 } }).toMatchObject({
    code: "ARGUMENT",
    message: "expected none without coarseToFine for fineSizes, received [depth]",
  });
  await refusal({ coarseToFine: 1, fineSizes: { layers: 2 } }).toMatchObject({
    code: "ARGUMENT",
    message: expect.stringContaining('for a size of pixelcnn, received "layers"'),
  });
  expect(existsSync(at("refused"))).toBe(false);
  await refusal({ model: "vae", sizes: {}, completeAny: true }).toMatchObject({
    code: "ARGUMENT",
    message: "training: network.field: Expected none of the family vae",
  });
  await refusal({
    model: "vae",
    sizes: {},
    fieldWidth: undefined,
    fieldDepth: undefined,
    positions: true,
  }).toMatchObject({
    code: "ARGUMENT",
    message: "training: network.positions: Expected none of the family vae",
  });
  await refusal({ coarseToFine: 3 }).toMatchObject({
    code: "ARGUMENT",
    message: 'expected rows and columns that are multiples of 8 for pictures of 3 halvings, received "8x4"',
  });
  await refusal({ condition: at("negatives") }).toMatchObject({
    code: "ARGUMENT",
    message: expect.stringContaining("noise"),
  });
});

test("pictures to condition on are needed by models that were trained with them, and by no others", async () => {
  const told = await ImageModel.load(at("another-picture-whole"));
  await expect(told.score(at("colours"))).rejects.toMatchObject({
    message: 'expected pictures to condition on for a model of pixelcnn, received "none"',
  });
  await expect(told.sample({ count: 1 })).rejects.toMatchObject({
    message: "expected pictures to condition on for the field, received undefined",
  });
  const other = await ImageModel.load(at("coarse-to-fine-whole"));
  await expect(other.score(at("colours"), { condition: at("negatives") })).rejects.toMatchObject({
    code: "ARGUMENT",
    message: expect.stringContaining("expected no pictures to condition on"),
  });
});
