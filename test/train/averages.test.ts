import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryDataset, pictureLength } from "../../src/data/dataset.ts";
import { bestCheckpoint, readCheckpoint } from "../../src/run/checkpoints.ts";
import { train } from "../../src/train/train.ts";
import type { TrainEvent } from "../../src/train/events.ts";
import { ImageModel } from "../../src/tasks/image-model.ts";
import { randomLevels } from "../runtime/logits.ts";

// Trainings with averages of the weights over several lengths.

const SIZE = { channels: 1, rows: 4, cols: 4 };
const COUNT = 32;
const dataset = memoryDataset({
  name: "noise",
  size: SIZE,
  levels: 2,
  // Mostly black, so that there is something to learn.
  pixels: randomLevels(COUNT * pictureLength(SIZE), 5, 1).map((level) => (level === 4 ? 1 : 0)),
});
const STEPS = 12;
const EVAL_EVERY = 4;

let folder: string;
const at = (run: string) => join(folder, run);
const request = (run: string, ema: number | readonly number[]) => ({
  dataset,
  out: at(run),
  model: "pixelcnn",
  sizes: { width: 2, depth: 1, head: 4 },
  steps: STEPS,
  evalEvery: EVAL_EVERY,
  checkpointEvery: EVAL_EVERY,
  keep: 3,
  batch: 8,
  shares: 1,
  lr: 0.1,
  warmup: 0,
  validFraction: 0.25,
  ema,
});
const DECAYS = [0.5, 0.2, 0.9];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nextpixel-averages-"));
});
afterAll(() => rm(folder, { recursive: true }));

const validationsOf = async (run: string): Promise<Record<string, number>[]> =>
  (await readFile(join(at(run), "metrics.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { valid: Record<string, number> | null }).valid)
    .filter((valid) => valid !== null);

/** The tensors of a checkpoint whose names begin in a way, without that beginning. */
const tensorsOf = ({ tensors }: Awaited<ReturnType<typeof readCheckpoint>>, vector: string) =>
  Object.fromEntries(
    [...tensors]
      .filter(([name]) => name.startsWith(`network/${vector}.`))
      .map(([name, { data }]) => [name.slice(`network/${vector}.`.length), data]),
  );

test("each is what it would be alone, and the best at validation is kept", async () => {
  const figures: string[][] = [];
  const onEvent = (event: TrainEvent) =>
    void (event.type === "start" && figures.push(event.figures.valid.map(({ name }) => name)));
  const { valid } = await train(request("several", DECAYS), { threads: 1, onEvent });
  for (const decay of DECAYS) await train(request(`alone ${decay}`, decay), { threads: 1, onEvent });

  const names = ["nats", "bitsPerDim"];
  expect(figures[0]).toEqual([...names, "ema", "nats.0.5", "nats.0.2", "nats.0.9"]);
  expect(figures[1]).toEqual(names);
  const [together, ...alone] = await Promise.all(
    ["several", ...DECAYS.map((decay) => `alone ${decay}`)].map(validationsOf),
  );
  expect(together).toHaveLength(STEPS / EVAL_EVERY);
  for (const [i, found] of together!.entries()) {
    const each = alone.map((validations) => validations[i]!);
    const least = Math.min(...each.map((one) => one["nats"]!));
    const chosen = each.findIndex((one) => one["nats"] === least);
    expect(found).toEqual({
      ...each[chosen],
      ema: DECAYS[chosen],
      ...Object.fromEntries(DECAYS.map((decay, k) => [`nats.${decay}`, each[k]!["nats"]])),
    });
    expect(Object.keys(each[0]!)).toEqual(names);
  }
  expect(valid).toEqual(together!.at(-1));

  // Of all validations, the best one's average is what is drawn with.
  const values = together!.map(({ nats }) => nats!);
  const at = values.indexOf(Math.min(...values));
  const best = (await bestCheckpoint(request("several", 0).out))!;
  expect(best.step).toBe((at + 1) * EVAL_EVERY);
  const own = await readCheckpoint(request(`alone ${together![at]!["ema"]}`, 0).out, best.step);
  expect(tensorsOf(best, "average")).toEqual(tensorsOf(own, "average"));
  const { nllNats } = await (await ImageModel.load(request("several", 0).out)).score(dataset);
  expect(nllNats).toBeGreaterThan(0);

  // The newest checkpoint has all of them, so that the run can go on.
  const last = await readCheckpoint(request("several", 0).out, STEPS);
  for (const [i, decay] of DECAYS.entries()) {
    const single = await readCheckpoint(request(`alone ${decay}`, 0).out, STEPS);
    expect(tensorsOf(last, i === 0 ? "average" : `average-${decay}`)).toEqual(tensorsOf(single, "average"));
  }
});

test("a list of one is one", async () => {
  await train(request("one", [0.5]), { threads: 1 });
  expect(await validationsOf("one")).toEqual(await validationsOf("alone 0.5"));
  const checkpoint = (run: string) => readFile(join(at(run), "checkpoints", "step-00000012.safetensors"));
  expect(await checkpoint("one")).toEqual(await checkpoint("alone 0.5"));
});

test("there are none of a model that no figure tells the best of", async () => {
  await expect(
    train({ ...request("gan", DECAYS), model: "gan", sizes: { width: 2, latents: 2 } }, { threads: 1 }),
  ).rejects.toMatchObject({
    code: "ARGUMENT",
    message: "expected one, as no figure tells the best, for ema of gan, received [0.5, 0.2, 0.9]",
  });
});
