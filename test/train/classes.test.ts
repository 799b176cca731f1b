import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { philox4x32, uniform } from "../../src/basics/philox.ts";
import { classesOf } from "../../src/data/classes.ts";
import { memoryDataset, type Dataset } from "../../src/data/dataset.ts";
import { loadSavedModel, type SavedModel } from "../../src/run/saved-model.ts";
import type { RunConfig } from "../../src/run/config.ts";
import { complete } from "../../src/tasks/complete.ts";
import { openSampler, sample } from "../../src/tasks/sample.ts";
import { score } from "../../src/tasks/score.ts";
import { trainModel as train } from "../../src/train/loop.ts";

const SIZE = { channels: 1, rows: 4, cols: 4 };
const LENGTH = 16;
/** Of black, grey and white pictures so many pixels in a hundred are white; labels that are no order at all. */
const WHITE: Readonly<Record<string, number>> = { black: 5, grey: 50, white: 95 };
const label = (i: number) => philox4x32([i, 1, 0, 0], [1, 2])[0] % 3;

/** Binary pictures of classes in the order of `names`. */
function pictures(count: number, names: readonly string[], seed: number, withLabels = true): Dataset {
  const white = (i: number) => (WHITE[names[label(Math.floor(i / LENGTH))]!] ?? 0) / 100;
  return memoryDataset({
    name: "shades",
    size: SIZE,
    levels: 2,
    pixels: Uint8Array.from({ length: count * LENGTH }, (_, i) =>
      Number(uniform(philox4x32([i, 0, 0, 0], [seed, 0])[0]) < white(i)),
    ),
    ...(withLabels && { labels: Array.from({ length: count }, (_, i) => label(i)), classNames: names }),
  });
}

const trainSet = pictures(120, ["black", "grey", "white"], 1);
/** The same classes, numbered in another way. */
const valid = pictures(90, ["white", "black", "grey"], 2);
const config = {
  format: 2,
  family: "autoregressive",
  nextpixel: "0",
  network: {
    model: "pixelcnn",
    modelConfig: { width: 4, depth: 1, head: 4 },
    likelihood: "bernoulli",
    levels: 2,
    size: SIZE,
    classes: classesOf(trainSet),
  },
  data: { train: "shades", valid: "shades", gray: false, resize: null, skipBad: false },
  training: {
    steps: 150,
    batch: 16,
    lr: 1e-2,
    warmup: 5,
    decay: "cosine",
    clip: 1,
    ema: 0.9,
    seed: 0,
    evalEvery: 150,
    checkpointEvery: 150,
  },
} satisfies RunConfig;

let folder: string;
let model: SavedModel;
let validNats: number;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nextpixel-classes-"));
  const run = join(folder, "run");
  validNats = (await train({ run, config, train: trainSet, valid, threads: 1 })).valid["nats"]!;
  model = await loadSavedModel(run);
});
afterAll(() => rm(folder, { recursive: true }));

/** Share of white pixels of each picture. */
const shades = (levels: Uint8Array) =>
  Array.from({ length: levels.length / LENGTH }, (_, i) =>
    levels.subarray(i * LENGTH, (i + 1) * LENGTH).reduce((a, b) => a + b / LENGTH, 0),
  );

/** The mean nats of a picture of the validation set whose class is known: 16 coins of a known bias. */
const ENTROPY = [...valid.labels!].reduce((total, k) => {
  const p = WHITE[valid.classNames![k]!]! / 100;
  return total - (LENGTH * (p * Math.log(p) + (1 - p) * Math.log(1 - p))) / valid.count;
}, 0);

test("training learns every class for itself, and validates with the classes of other numbers", async () => {
  // Labels that went to the wrong pictures would leave it at more than 8 nats.
  expect(validNats).toBeLessThan(ENTROPY + 0.7);
  const { nllNats, classes, accuracy } = await score(model, valid);
  expect(nllNats).toBeCloseTo(validNats, 4);
  expect({ classes, accuracy }).toEqual({ classes: "given", accuracy: undefined });
});

test("the likeliest class is mostly right; without labels it is as likely, but nobody can tell how right", async () => {
  const posteriors: Float64Array[] = [];
  const onBatch = (batch: { posteriors: readonly Float64Array[] | undefined }) =>
    void posteriors.push(...batch.posteriors!);
  const classified = await score(model, valid, { classify: true, onBatch });
  expect(classified.classes).toBe("summed out");
  expect(classified.accuracy).toBeGreaterThan(0.9);
  const numbers = [...valid.labels!].map((k) => ["black", "grey", "white"].indexOf(valid.classNames![k]!));
  const right = posteriors.filter((posterior, i) => posterior[numbers[i]!] === Math.max(...posterior));
  expect(classified.accuracy).toBe(right.length / valid.count);
  for (const posterior of posteriors) {
    expect(posterior.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
  }
  // Not to know the class costs at most log 3 nats, and something.
  const given = await score(model, valid);
  expect(classified.nllNats).toBeGreaterThan(given.nllNats);
  expect(classified.nllNats).toBeLessThan(given.nllNats + Math.log(3) + 0.2);
  const unknown = await score(model, pictures(90, ["white", "black", "grey"], 2, false));
  expect(unknown).toEqual({ ...classified, accuracy: undefined });
});

test("pictures are drawn of all classes in turn, of those that are asked for, and the same alone", async () => {
  const all = await sample(model, { count: 30, seed: 4, workers: 1 });
  [0.05, 0.5, 0.95].forEach((share, k) => {
    const own = shades(all.pictures).filter((_, i) => i % 3 === k);
    expect(Math.abs(own.reduce((a, b) => a + b) / own.length - share)).toBeLessThan(0.15);
  });
  const white = await sample(model, { count: 9, seed: 4, classes: ["white"], workers: 1 });
  expect(Math.min(...shades(white.pictures))).toBeGreaterThan(0.6);
  for (let k = 0; k < 9; k++) {
    const options = { count: 1, seed: 4, workers: 1 };
    const sampler = openSampler(model, options);
    for (const [classes, wanted] of [
      [undefined, all],
      [["white"], white],
      [[2], white],
    ] as const) {
      for await (const event of sampler.stream({ ...options, first: k, classes })) {
        if (event.kind === "pictures") expect(event.nats![0]).toBe(wanted.nats![k]);
      }
    }
    sampler.close();
  }
  // Picture 2 is a white one either way.
  expect(all.pictures.subarray(2 * LENGTH, 3 * LENGTH)).toEqual(
    white.pictures.subarray(2 * LENGTH, 3 * LENGTH),
  );
});

test("the nats of what is drawn are those of the scorer, given the class", async () => {
  const { pictures: pixels, nats } = await sample(model, { count: 6, seed: 1, classes: ["grey", "black"] });
  const labels = [0, 1, 0, 1, 0, 1];
  const classNames = ["grey", "black"];
  const drawn = memoryDataset({ name: "drawn", size: SIZE, levels: 2, pixels, labels, classNames });
  const scored: number[] = [];
  await score(model, drawn, { onBatch: (batch) => void scored.push(...batch.nats) });
  scored.forEach((value, i) => expect(value).toBeCloseTo(nats![i]!, 4));
});

test("completions are of the pictures' classes, or of those asked for in turn", async () => {
  const given = { pictures: new Uint8Array(2 * LENGTH), isGiven: new Uint8Array(LENGTH).fill(1, 0, 1) };
  const shadesOf = async (options: { labels?: number[]; classes?: string[] }) =>
    shades((await complete(model, { ...given, ...options, count: 2, workers: 1 })).pictures).map(Math.round);
  expect(await shadesOf({ labels: [2, 0] })).toEqual([1, 1, 0, 0]);
  expect(await shadesOf({ classes: ["black", "white"] })).toEqual([0, 1, 0, 1]);
});

test("what does not fit is refused", async () => {
  const without = { ...model, config: { ...model.config, classes: undefined } };
  await expect(score(without, valid, { classify: true })).rejects.toMatchObject({
    code: "ARGUMENT",
    about: ["train.classConditional"],
  });
  await expect(score(model, pictures(30, ["white", "blue", "grey"], 1))).rejects.toMatchObject({
    code: "ARGUMENT",
    message: 'expected pictures of the classes black, grey, white for shades, received "blue"',
  });
  await expect(sample(model, { count: 1, classes: ["blue"] })).rejects.toMatchObject({ code: "ARGUMENT" });
  const run = join(folder, "none");
  for (const sets of [
    { train: pictures(9, ["a", "b", "c"], 1, false), valid },
    { train: trainSet, valid: pictures(9, ["a", "b", "c"], 1, false) },
    { train: trainSet, valid: pictures(30, ["white", "blue", "grey"], 1) },
  ]) {
    await expect(train({ run, config, ...sets })).rejects.toMatchObject({ code: "ARGUMENT" });
  }
  await expect(loadSavedModel(run)).rejects.toMatchObject({ code: "NOT_FOUND" });
});
