import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { memoryDataset } from "../../src/data/dataset.ts";
import { findLearningRate } from "../../src/train/find-lr.ts";
import { runHere } from "../cli/run-here.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";

const size = { channels: 1, rows: 4, cols: 4 };
const dataset = memoryDataset({
  name: "stripes",
  size,
  levels: 3,
  pixels: Uint8Array.from({ length: 40 * 16 }, (_, i) => (i + Math.floor(i / 16)) % 3),
});
const STEPS = 30;
const pixelcnn = { dataset, model: "pixelcnn", sizes: { width: 8, depth: 2, head: 8 }, batch: 8 };
const options = { steps: STEPS, threads: 1 };

test("raises the rate exponentially until training diverges, and proposes a share of the one with the lowest running mean", async () => {
  const seen: number[] = [];
  const request = { ...pixelcnn, optimizer: "adam" } as const;
  const found = await findLearningRate(request, { ...options, onStep: ({ step }) => void seen.push(step) });
  const { curve } = found;
  expect(found.figure.name).toBe("nats");
  expect(seen).toEqual(curve.map(({ step }) => step));
  let mean = 0;
  for (const [i, { step, learningRate, value, smoothed }] of curve.entries()) {
    expect(step).toBe(i + 1);
    expect(learningRate).toBeCloseTo(10 ** (-6 + (6 * i) / (STEPS - 1)), 9);
    mean = 0.9 * mean + 0.1 * value;
    expect(smoothed).toBeCloseTo(mean / (1 - 0.9 ** step), 9);
  }
  const lowest = curve.toSorted((a, b) => a.smoothed - b.smoothed)[0]!;
  expect(found.learningRate).toBe(lowest.learningRate / 5);
  expect(found.learningRate!).toBeGreaterThan(1e-3);
  expect(found.diverged).toBe(true);
  expect(curve.length).toBeLessThan(STEPS);
  expect(curve.at(-1)!.smoothed).toBeGreaterThan(2 * curve[0]!.value);
});

test("of a family without a best figure, the proposal is below the rate at which it diverges", async () => {
  const sizes = { latents: 2, width: 4, blocks: 1 };
  const found = await findLearningRate({ dataset, model: "gan", sizes, batch: 4 }, options);
  expect(found.figure.name).toBe("discriminatorLoss");
  expect(found.learningRate).toBe(found.curve.at(-1)!.learningRate / 10);
  expect(found.rule).toContain("diverged");
});

test("can be interrupted", async () => {
  const controller = new AbortController();
  const onStep = () => controller.abort();
  const stopped = findLearningRate(pixelcnn, { ...options, signal: controller.signal, onStep });
  await expect(stopped).rejects.toMatchObject({
    code: "INTERRUPTED",
    message: expect.stringContaining("step 1 "),
  });
});

test("the command prints a curve and a proposal, and writes nothing", async () => {
  const cwd = await temporaryFolder({});
  const words = "train digits --find-lr 12 --width 4 --depth 1 --head 4 --batch 4 --threads 1".split(" ");
  const { stdout, code } = await runHere(words, { cwd });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^learning rate +nats\n1e-6 +\d+\.\d\d +#+\n/);
  expect(stdout).toMatch(/\nproposal: --lr \d.* \(a fifth of the rate .*\)\n$/);
  expect(await readdir(cwd)).toEqual([]);
});
