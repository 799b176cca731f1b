import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NextpixelError } from "../../src/basics/errors.ts";
import { classesOf } from "../../src/data/classes.ts";
import { cropped } from "../../src/data/crop.ts";
import { holdOut, memoryDataset, pictureLength, type Dataset } from "../../src/data/dataset.ts";
import { randomLevels } from "../runtime/logits.ts";
import type { RunConfig } from "../../src/run/config.ts";
import { trainModel as train, type LoopOptions as TrainOptions } from "../../src/train/loop.ts";

const crop = { rows: 4, cols: 5 };
const size = { channels: 1, ...crop };
const whole = { channels: 1, rows: 6, cols: 6 };
const { train: trainSet, valid } = holdOut(
  cropped(
    memoryDataset({
      name: "noise",
      size: whole,
      levels: 3,
      pixels: Uint8Array.from(randomLevels(40 * pictureLength(whole), 3, 8)),
      labels: Array.from({ length: 40 }, (_, i) => i % 2),
      classNames: ["even", "odd"],
    }),
    crop,
  ),
  0.25,
  1,
);
/** All that a step may depend on: dropout, shares, classes, crops, flips, a rate that changes. */
const config: RunConfig = {
  format: 2,
  family: "autoregressive",
  nextpixel: "0",
  network: {
    model: "pixelsnail",
    modelConfig: { width: 4, blocks: 1, layers: 1, key: 2, value: 3 },
    likelihood: "categorical",
    levels: 3,
    size,
    classes: classesOf(trainSet),
  },
  data: { train: "noise", valid: 0.25, gray: false, resize: null, skipBad: false, crop, mirror: true },
  training: {
    steps: 12,
    batch: 7,
    shares: 2,
    lr: 0.05,
    warmup: 3,
    decay: "cosine",
    clip: 1,
    ema: 0.9,
    dropout: 0.3,
    seed: 5,
    evalEvery: 2,
    checkpointEvery: 3,
    keep: 2,
  },
};

let folder: string;
const at = (run: string) => join(folder, run);
const start = (run: string, options: Partial<TrainOptions> = {}) =>
  train({ run: at(run), config, train: trainSet, valid, threads: 1, ...options });

/** Trains up to a step, as if Ctrl-C had been pressed there. */
async function interruptedAt(run: string, step: number, options: Partial<TrainOptions> = {}): Promise<void> {
  const controller = new AbortController();
  const stopped = start(run, {
    ...options,
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type === "progress" && event.step === step) controller.abort();
    },
  });
  await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });
}

/** All files of a run, without what is measured in seconds. */
async function contentOf(run: string): Promise<Record<string, string>> {
  const names = (await readdir(at(run), { recursive: true, withFileTypes: true })).filter(
    // Their names and events tell the time.
    (entry) => entry.isFile() && !entry.name.includes("tfevents"),
  );
  const entries = names.map(async ({ parentPath, name }) => {
    const bytes = await readFile(join(parentPath, name));
    const text =
      name === "metrics.jsonl"
        ? String(bytes).replaceAll(/"imagesPerSecond":[^,]+,/g, "")
        : bytes.toString("hex");
    return [name, text] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nextpixel-resume-"));
  await start("whole");
});
afterAll(() => rm(folder, { recursive: true }));

test("a run that was stopped twice has the files of one that was not, to the last bit", async () => {
  await interruptedAt("stopped", 4);
  await interruptedAt("stopped", 8, { resume: true });
  const steps: number[] = [];
  await start("stopped", {
    resume: true,
    onEvent: (event) => void (event.type === "start" && steps.push(event.step)),
  });
  expect(steps).toEqual([8]);
  const { "step-00000009.safetensors": _, ...whole } = await contentOf("whole");
  const { "step-00000009.safetensors": __, ...stopped } = await contentOf("stopped");
  // Stopped after an even step, at which a record was due: no average was cut in two.
  expect(stopped).toEqual(whole);
});

test.each([
  { optimizer: "muon", decay: "wsd", ema: 0.9 },
  { optimizer: "adam", decay: "cosine", ema: [0.9, 0.5, 0.99] as number[] },
  { optimizer: "schedule-free", decay: 1, ema: undefined },
] as const)("so has one of $optimizer", async (changed) => {
  const few = { steps: 4, evalEvery: 4, checkpointEvery: 4, keep: 1 };
  const own = { config: { ...config, training: { ...config.training, ...few, ...changed } } };
  const run = changed.optimizer;
  await start(run, own);
  await interruptedAt(`${run}-stopped`, 2, own);
  await start(`${run}-stopped`, { ...own, resume: true });
  expect(await contentOf(`${run}-stopped`)).toEqual(await contentOf(run));
});

test("what was done after the last checkpoint is done again: a crash loses no more", async () => {
  await interruptedAt("crashed", 7);
  const path = join(at("crashed"), "checkpoints");
  await rm(join(path, "step-00000007.safetensors"));
  await writeFile(join(path, ".nextpixel-0123456789abcdef.tmp"), "half of a checkpoint");
  await writeFile(join(at("crashed"), "metrics.jsonl"), '{"step":7,', { flag: "a" });
  await start("crashed", { resume: true });
  expect(await contentOf("crashed")).toEqual(await contentOf("whole"));
});

test("a run that was killed before its first checkpoint starts", async () => {
  await interruptedAt("early", 1);
  const path = join(at("early"), "checkpoints");
  for (const name of await readdir(path)) await rm(join(path, name));
  await start("early", { resume: true });
  expect(await contentOf("early")).toEqual(await contentOf("whole"));
});

test("a picture that cannot be read ends a run where it is, and once it can, the run goes on", async () => {
  let reads = 0;
  const train: Dataset = {
    ...trainSet,
    read: (...batch) => {
      if (++reads === 5) throw new NextpixelError("FORMAT", "a.png: cannot decode this picture");
      return trainSet.read(...batch);
    },
  };
  await expect(start("unread", { train })).rejects.toMatchObject({
    code: "FORMAT",
    message: "a.png: cannot decode this picture; once it can be read, resume the run to go on",
  });
  expect(await readdir(join(at("unread"), "checkpoints"))).toContain("step-00000004.safetensors");
  await start("unread", { resume: true });
  expect(await contentOf("unread")).toEqual(await contentOf("whole"));
});

test("a run that is complete stays as it is, and tells its result", async () => {
  const before = await contentOf("whole");
  const { step, valid: found } = await start("whole", { resume: true });
  expect(step).toBe(12);
  const last = before["metrics.jsonl"]!.trim().split("\n").at(-1)!;
  expect(found).toEqual((JSON.parse(last) as { valid: object }).valid);
  expect(await contentOf("whole")).toEqual(before);
});

test("the best checkpoint is that of the lowest record", async () => {
  const { "metrics.jsonl": metrics } = await contentOf("whole");
  const records = metrics!
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { step: number; valid: { nats: number } | null })
    .filter((record) => record.valid !== null);
  const best = records.reduce((a, b) => (b.valid!.nats < a.valid!.nats ? b : a));
  const bytes = await readFile(join(at("whole"), "checkpoints/best.safetensors"), "latin1");
  expect(bytes).toContain(`"figure":"nats","value":"${best.valid!.nats}"`);
  expect(bytes).toContain(`"step":"${best.step}"`);
});

test.each([
  ["another learning rate", { training: { ...config.training, lr: 0.01 } }, "training.lr 0.05", "0.01"],
  ["no dropout", { training: { ...config.training, dropout: undefined } }, "training.dropout 0.3", "none"],
  [
    "another network",
    { network: { ...config.network, modelConfig: { ...config.network.modelConfig, width: 5 } } },
    "network.modelConfig.width 4",
    "5",
  ],
])("%s is refused", async (_, other, wanted, received) => {
  await expect(start("whole", { resume: true, config: { ...config, ...other } })).rejects.toMatchObject({
    code: "ARGUMENT",
    message: `expected ${wanted} to resume "${at("whole")}", received ${received}`,
  });
});

test("fewer pictures than before are refused", async () => {
  const fewer = holdOut(trainSet, 0.1, 0).train;
  await expect(start("whole", { resume: true, train: fewer })).rejects.toMatchObject({
    code: "ARGUMENT",
    message: expect.stringMatching(/^expected data\.pictures\.train 30 to resume .*, received 27$/),
  });
});

test("where there is no run there is nothing to resume", async () => {
  await expect(start("none", { resume: true })).rejects.toMatchObject({ code: "NOT_FOUND" });
});
