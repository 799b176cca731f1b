import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { classesOf } from "../../src/data/classes.ts";
import { holdOut, memoryDataset } from "../../src/data/dataset.ts";
import type { RunConfig } from "../../src/run/config.ts";
import { trainModel, type LoopOptions, type TrainResult } from "../../src/train/loop.ts";
import { memoryWorld } from "../cluster/memory-world.ts";
import { TINY_CONFIG } from "../run/tiny-config.ts";
import { randomLevels } from "../runtime/logits.ts";

// Ranks of MPI in memory: several trainings in this process, each of which has its part of the work.

const size = { channels: 1, rows: 4, cols: 4 };
const pictures = memoryDataset({
  name: "noise",
  size,
  levels: 3,
  pixels: Uint8Array.from(randomLevels(200 * 16, 3, 8)),
  labels: Array.from({ length: 200 }, (_, i) => i % 2),
});
// Validated in two batches, so that there is something to share.
const { train, valid } = holdOut(pictures, 0.5, 1);

const training = {
  ...TINY_CONFIG.training,
  steps: 4,
  batch: 10,
  shares: 5,
  evalEvery: 2,
  checkpointEvery: 2,
};
const network = { ...TINY_CONFIG.network, levels: 3, size };
/** One of each family; a GAN has two parts. All that a step may depend on is there: noise, classes, flips, dropout. */
const CONFIGS: Readonly<Record<string, RunConfig>> = {
  autoregressive: {
    ...TINY_CONFIG,
    network: {
      ...network,
      model: "pixelsnail",
      modelConfig: { width: 4, blocks: 1, layers: 1, key: 2, value: 3 },
      likelihood: "categorical",
      classes: classesOf(train),
    },
    data: { ...TINY_CONFIG.data, mirror: true },
    training: { ...training, dropout: 0.3 },
  },
  vae: {
    ...TINY_CONFIG,
    family: "vae",
    network: {
      ...network,
      model: "vae",
      modelConfig: { width: 2, depth: 1, resolutions: 1, latents: 1 },
      settings: { beta: 1, klWarmup: 0.5, freeBits: 0 },
      likelihood: "categorical",
    },
    training,
  },
  gan: {
    ...TINY_CONFIG,
    family: "gan",
    network: {
      ...network,
      model: "gan",
      modelConfig: { latents: 3, width: 2, blocks: 1 },
      likelihood: undefined,
    },
    training,
  },
};

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "nextpixel-ranks-"))));
afterAll(() => rm(folder, { recursive: true }));

/** Trains on so many ranks, with options that may differ from rank to rank. */
const trainOn = (
  ranks: number,
  name: string,
  optionsOf: (rank: number) => Partial<LoopOptions> & Pick<LoopOptions, "config">,
): Promise<PromiseSettledResult<TrainResult>[]> => {
  const run = join(folder, name);
  const common = { run, train, valid, threads: 1 };
  return Promise.allSettled(
    ranks === 0
      ? [trainModel({ ...common, ...optionsOf(0) })]
      : memoryWorld(ranks).map((world) => trainModel({ ...common, world, ...optionsOf(world.rank) })),
  );
};

/** The checkpoints and records of a run, without what is measured in seconds. */
async function contentOf(name: string): Promise<Record<string, string>> {
  const checkpoints = join(folder, name, "checkpoints");
  const metrics = await readFile(join(folder, name, "metrics.jsonl"), "utf8");
  const content: Record<string, string> = { metrics: metrics.replaceAll(/"imagesPerSecond":[^,]+,/g, "") };
  for (const file of await readdir(checkpoints))
    content[file] = (await readFile(join(checkpoints, file))).toString("hex");
  return content;
}

describe.each(Object.entries(CONFIGS))("%s", (family, config) => {
  test("has the bits of one process if 4 ranks are stopped and 3 go on", async () => {
    await trainOn(0, family, () => ({ config }));
    const alone = await contentOf(family);
    expect(Object.keys(alone)).toContain("step-00000004.safetensors");
    const ranks = `${family}-ranks`;
    // Only one rank is told to stop.
    const stopped = await trainOn(4, ranks, (rank) => {
      const controller = new AbortController();
      const onEvent: LoopOptions["onEvent"] = (event) => {
        if (rank === 1 && event.type === "progress" && event.step === 2) controller.abort();
      };
      return { config, signal: controller.signal, onEvent };
    });
    for (const result of stopped)
      expect(result).toMatchObject({ status: "rejected", reason: { code: "INTERRUPTED" } });
    expect(Object.keys(await contentOf(ranks))).not.toContain("step-00000004.safetensors");
    const ended = await trainOn(3, ranks, () => ({ config, resume: true }));
    expect(ended.map(({ status }) => status)).toEqual(Array(3).fill("fulfilled"));
    expect(await contentOf(ranks)).toEqual(alone);
  });
});

describe("ranks that do not fit together are refused before anything is written", () => {
  const config = CONFIGS["vae"]!;
  const other = memoryDataset({
    ...pictures,
    pixels: Uint8Array.from(randomLevels(valid.count * 16, 3, 9)),
    labels: undefined,
    classNames: undefined,
  });
  test.each([
    [
      "version",
      { config: { ...config, nextpixel: "9.9.9" } },
      'nextpixel on all ranks, received "0.0.0" on rank 0 and "9.9.9" on rank 2',
    ],
    [
      "rate",
      { config: { ...config, training: { ...training, lr: 0.5 } } },
      "training.lr on all ranks, received 0.001 on rank 0 and 0.5 on rank 2",
    ],
    ["pictures", { valid: other }, "hash of the pictures.validation on all ranks, received"],
  ])("another %s", async (what, differs, message) => {
    const results = await trainOn(3, `refused-${what}`, (rank) => ({ config, ...(rank === 2 && differs) }));
    for (const result of results)
      expect(result).toMatchObject({
        status: "rejected",
        reason: { code: "CLUSTER", message: expect.stringContaining(`expected the same ${message}`) },
      });
    expect(await readdir(folder)).not.toContain(`refused-${what}`);
  });

  test("fewer shares than ranks", async () => {
    const [result] = await trainOn(6, "refused-shares", () => ({ config }));
    expect(result).toMatchObject({
      reason: { message: "expected at least 6 shares for as many ranks, received 5", about: ["shares"] },
    });
  });
});
