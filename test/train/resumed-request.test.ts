import { expect, test } from "vitest";
import type { RunConfig } from "../../src/run/config.ts";
import { configOf, requestOf } from "../../src/train/config-of-request.ts";
import type { TrainRequest } from "../../src/train/request.ts";
import { checkSame, resumedRequest, type ResumeRequest } from "../../src/train/resumed-request.ts";

const PICTURES = { count: 100, levels: 17, size: { channels: 1, rows: 8, cols: 8 } };
const ASKED = {
  dataset: "digits",
  out: "runs/x",
  model: "gated-pixelcnn",
  sizes: { width: 6 },
  epochs: 5,
  batch: 10,
  lr: 0.01,
  valid: "digits:test",
} satisfies TrainRequest;
const OWN: RunConfig = configOf(ASKED, PICTURES, 2);
const own: RunConfig = { ...OWN, data: { ...OWN.data, pictures: { train: 100, valid: 9 } } };

const resumed = (asked: ResumeRequest) =>
  configOf({ ...resumedRequest("runs/x", own, asked), device: "cpu" }, PICTURES, 2);

test("a run that is asked for nothing goes on as it was", () => {
  expect(resumed({})).toEqual(OWN);
});

test("what it was asked for before may be said again, all of it or some", () => {
  const { out: _, ...same } = ASKED;
  expect(resumed(same)).toEqual(OWN);
  for (const [key, value] of Object.entries(same)) expect(resumed({ [key]: value })).toEqual(OWN);
  expect(resumed({ sizes: { width: 6, depth: undefined } })).toEqual(OWN);
  expect(resumed({ ...requestOf(own, "runs/x"), valid: undefined })).toEqual(OWN);
});

test("steps, or epochs, may be more", () => {
  expect(resumed({ steps: 80 }).training).toEqual({ ...OWN.training, steps: 80 });
  expect(resumed({ epochs: 7 }).training).toEqual({ ...OWN.training, steps: 70 });
  expect(() => checkSame("runs/x", OWN, resumed({ steps: 80 }))).not.toThrow();
});

test.each<[ResumeRequest, string]>([
  [{ steps: 49 }, "training.steps 50 to resume"],
  [{ epochs: 4 }, "training.steps 50 to resume"],
  [{ lr: 0.02 }, 'training.lr 0.01 to resume "runs/x", received 0.02'],
  [{ model: "pixelcnn" }, 'network.model "gated-pixelcnn" to resume "runs/x", received "pixelcnn"'],
  [{ sizes: { width: 7 } }, "network.modelConfig.width 6 to resume"],
  [{ preset: "paper-imagenet" }, "network.modelConfig."],
  [{ levels: 2 }, "network.l"],
  [{ likelihood: "logistic-mixture" }, 'network.likelihood "categorical" to resume'],
  [{ classConditional: true }, "classConditional false to resume"],
  [{ dataset: "mnist" }, 'data.train "digits" to resume "runs/x", received "mnist"'],
  [{ valid: "mnist" }, 'data.valid "digits:test" to resume'],
  [{ validFraction: 0.2 }, 'data.valid "digits:test" to resume "runs/x", received 0.2'],
  [{ gray: true }, "data.gray false to resume"],
  [{ crop: { rows: 4, cols: 4 } }, "data.crop.rows none to resume"],
  [{ dropout: 0.1 }, "training.dropout none to resume"],
  [{ weightDecay: 0.1 }, "training.weightDecay none to resume"],
  [{ seed: 3 }, "training.seed 0 to resume"],
  [{ keep: 3 }, "training.keep 2 to resume"],
])("%j is refused, with both values", (asked, message) => {
  expect(() => resumed(asked)).toThrow(
    expect.objectContaining({ code: "ARGUMENT", message: expect.stringContaining(message) }),
  );
});
