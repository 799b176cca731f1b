import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodePng } from "../../src/pictures/png.ts";
import { memoryDataset } from "../../src/data/dataset.ts";
import { bestCheckpoint, readCheckpoint } from "../../src/run/checkpoints.ts";
import { resume, train } from "../../src/train/train.ts";
import type { TrainRequest } from "../../src/train/request.ts";
import { runHere } from "../cli/run-here.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";

// Black pictures to train on and white ones to validate with: what is learnt makes the validation worse.

const size = { channels: 1, rows: 4, cols: 4 };
const COUNT = 16;
const ofLevel = (name: string, level: number) =>
  memoryDataset({ name, size, levels: 2, pixels: new Uint8Array(COUNT * 16).fill(level) });
const pictures = { dataset: ofLevel("black", 0), valid: ofLevel("white", 1) };
const EVAL_EVERY = 2;
const PATIENCE = 3;
/** The first validation is the best, and so many are made after it. */
const END = EVAL_EVERY * (1 + PATIENCE);

let folder: string;
const at = (run: string) => join(folder, run);
const request = (run: string): TrainRequest => ({
  ...pictures,
  out: at(run),
  model: "pixelcnn",
  sizes: { width: 2, depth: 1, head: 4 },
  steps: 40,
  evalEvery: EVAL_EVERY,
  patience: PATIENCE,
  batch: 8,
  shares: 1,
  lr: 0.1,
  warmup: 0,
  ema: 0.1,
});
const options = { threads: 1 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nextpixel-patience-"));
});
afterAll(() => rm(folder, { recursive: true }));

const validationsOf = async (run: string) =>
  (await readFile(join(at(run), "metrics.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { step: number; valid: Record<string, number> | null })
    .flatMap(({ step, valid }) => (valid ? [{ step, value: valid["nats"]! }] : []));

test("training ends after so many validations that are not better, and the best weights stay", async () => {
  const { step, endedAfter, valid } = await train(request("early"), options);
  const validations = await validationsOf("early");
  expect(validations.map((each) => each.step)).toEqual([2, 4, 6, END]);
  const [best, ...others] = validations;
  for (const { value } of others) expect(value).toBeGreaterThan(best!.value);
  expect({ step, endedAfter }).toEqual({ step: END, endedAfter: best });
  expect(valid["nats"]).toBe(validations.at(-1)!.value);
  expect((await bestCheckpoint(at("early")))!.step).toBe(best!.step);
  expect((await readCheckpoint(at("early"), "last")).step).toBe(END);
});

test("so does one that is interrupted, at the same step; one that has ended stays as it is", async () => {
  const controller = new AbortController();
  const stopped = train(request("stopped"), {
    ...options,
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type === "progress" && event.step === 5) controller.abort();
    },
  });
  await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });
  for (let i = 0; i < 2; i++) {
    const { step, endedAfter } = await resume(at("stopped"), { ...options, pictures });
    expect({ step, after: endedAfter?.step }).toEqual({ step: END, after: EVAL_EVERY });
    const { tensors } = await readCheckpoint(at("stopped"), "last");
    expect(tensors).toEqual((await readCheckpoint(at("early"), "last")).tensors);
  }
});

test("training goes on while validations become better", async () => {
  const better = { ...request("better"), valid: ofLevel("black too", 0), steps: 10, patience: 1 };
  const { step, endedAfter } = await train(better, options);
  expect({ step, endedAfter }).toEqual({ step: 10, endedAfter: undefined });
});

test("training that has done all its steps has not ended early", async () => {
  const { step, endedAfter } = await train({ ...request("to the end"), steps: END }, options);
  expect({ step, endedAfter }).toEqual({ step: END, endedAfter: undefined });
});

test("the command says so", async () => {
  const picture = (level: number) =>
    encodePng({ width: 4, height: 4, channels: 1, data: new Uint8Array(16).fill(level) });
  const cwd = await temporaryFolder({
    ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`black/${i}.png`, picture(0)])),
    "white/0.png": picture(255),
  });
  const words =
    "train black --valid white --levels 2 --width 2 --depth 1 --head 4 --batch 8 --threads 1 --lr 0.1 --warmup 0 " +
    "--ema 0.1 --steps 40 --eval-every 2 --patience 3 --out run";
  const { stdout, code } = await runHere(words.split(" "), { cwd });
  expect(code).toBe(0);
  expect(stdout).toContain("trained 8 steps");
  expect(stdout).toContain("; ended early: the best validation was after step 2; draw with");
});

test("a model of which no figure tells the best has none", async () => {
  const gan = { ...request("gan"), model: "gan", sizes: { width: 2, latents: 2 } };
  await expect(train(gan, options)).rejects.toMatchObject({
    code: "ARGUMENT",
    message: "expected none, as no figure tells the best, for patience of gan, received 3",
  });
});
