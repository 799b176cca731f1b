import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryDataset } from "../../src/data/dataset.ts";
import { readRunConfig, type RunConfig } from "../../src/run/config.ts";
import { loadSavedModel } from "../../src/run/saved-model.ts";
import { score } from "../../src/tasks/score.ts";
import { trainModel as train } from "../../src/train/loop.ts";
import { randomLevels } from "../runtime/logits.ts";

const SIZE = { channels: 1, rows: 4, cols: 4 };
const pictures = memoryDataset({ name: "noise", size: SIZE, levels: 2, pixels: randomLevels(40 * 16, 2, 1) });

const config = (
  network: Pick<RunConfig["network"], "model" | "modelConfig">,
  dropout?: number,
): RunConfig => ({
  format: 2,
  family: "autoregressive",
  nextpixel: "0",
  network: { ...network, likelihood: "bernoulli", levels: 2, size: SIZE },
  data: { train: "noise", valid: "noise", gray: false, resize: null, skipBad: false },
  training: {
    steps: 3,
    batch: 8,
    lr: 1e-2,
    warmup: 0,
    decay: "cosine",
    clip: 1,
    ema: 0.9,
    dropout,
    seed: 0,
    evalEvery: 3,
    checkpointEvery: 3,
  },
});
const pixelsnail = { model: "pixelsnail", modelConfig: { width: 3, blocks: 1, layers: 1, key: 2, value: 2 } };

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "nextpixel-"))));
afterAll(() => rm(folder, { recursive: true }));

const run = (name: string, asked: RunConfig) =>
  train({ run: join(folder, name), config: asked, train: pictures, valid: pictures });

test("a run keeps its rate of dropout, and what it has trained is scored without", async () => {
  const trained = await run("with", config(pixelsnail, 0.4));
  expect((await readRunConfig(join(folder, "with"))).training.dropout).toBe(0.4);
  const without = await run("without", config(pixelsnail));
  expect("dropout" in (await readRunConfig(join(folder, "without"))).training).toBe(false);
  expect(trained.valid["nats"]).not.toBe(without.valid["nats"]);

  const scores = [await loadSavedModel(join(folder, "with")), await loadSavedModel(join(folder, "with"))];
  const [first, second] = await Promise.all(scores.map((model) => score(model, pictures)));
  expect(first!.nllNats).toBe(second!.nllNats);
  expect(first!.nllNats).toBeCloseTo(trained.valid["nats"]!, 3);
});

test("a model that has none is refused before anything is written", async () => {
  await expect(run("refused", config({ model: "pixelcnn", modelConfig: {} }, 0.4))).rejects.toMatchObject({
    code: "ARGUMENT",
  });
  expect(await readdir(folder)).not.toContain("refused");
});
