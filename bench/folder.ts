import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { mapConcurrently } from "../src/basics/concurrent.ts";
import type { Dataset } from "../src/data/dataset.ts";
import { openFolder } from "../src/data/formats/folder.ts";
import { readAhead } from "../src/data/read-ahead.ts";
import { trainableOf } from "../src/families/autoregressive.ts";
import { modelByName } from "../src/models/by-name.ts";
import { buildNetwork, type NetworkConfig } from "../src/programs/network.ts";
import { initialState } from "../src/programs/training-state.ts";
import { openTrainingStep } from "../src/programs/training-step.ts";
import { trainingBatches } from "../src/train/batches.ts";
import { OPTIMIZER } from "./networks.ts";
import { median, ratios, spread } from "./statistics.ts";

export interface FolderBench {
  readonly model: string;
  readonly pictures: number;
  /** Of the pictures, which are square. */
  readonly side: number;
  readonly batch: number;
  readonly rounds: number;
}

/** What 50,000 pictures of 64x64 are trained with that do not fit into memory; grey ones do. */
const KINDS = [{ likelihood: "categorical" }, { likelihood: "logistic-mixture" }] as const;
/** So many that it hardly matters that nothing is read before the first of them. */
const STEPS_PER_ROUND = 12;
const WARM_UP_ROUNDS = 1;
const READ_TOGETHER = 100;
const NONE_REMEMBERED = { memory: 0 };
const ALL_REMEMBERED = { memory: Infinity };

/**
 * How much slower training is on a folder of PNG files while each picture is decoded, as in the first epoch and
 * whenever memory is short, than once all are remembered; interleaved.
 */
export async function benchFolder({ model, pictures, side, batch, rounds }: FolderBench): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "nextpixel-bench-"));
  try {
    const bytes = await writePictures(folder, pictures, side);
    console.log(
      `${pictures} PNG files of ${side}x${side} pixels, ${(bytes / pictures / 1024).toFixed(1)} KiB each; ` +
        `${model}, batch ${batch}`,
    );
    const modelConfig = modelByName(model).defaults;
    const disk = await opened("on disk", folder, NONE_REMEMBERED);
    const memory = await opened("in memory, later", folder, ALL_REMEMBERED);
    await readOnce(memory);
    for (const kind of KINDS) {
      const network = { model, modelConfig, ...kind, levels: disk.levels, size: disk.size };
      await compare(kind.likelihood, network, [disk, memory], { batch, rounds });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function compare(
  name: string,
  config: NetworkConfig,
  datasets: readonly [disk: Dataset, memory: Dataset],
  { batch, rounds }: Pick<FolderBench, "batch" | "rounds">,
): Promise<void> {
  const step = await openTrainingStep((count) => trainableOf(buildNetwork(config, count), OPTIMIZER), batch);
  const state = initialState(trainableOf(buildNetwork(config, 1), OPTIMIZER).parts, 1);
  const contestants = datasets.map((dataset) => ({
    batches: trainingBatches(dataset, { batch, seed: 1, crop: false, mirror: true }),
    milliseconds: [] as number[],
  }));
  for (let round = 0; round < rounds + WARM_UP_ROUNDS; round++) {
    for (const { batches, milliseconds } of contestants) {
      const first = round * STEPS_PER_ROUND;
      const start = performance.now();
      const next = readAhead(batches, first, first + STEPS_PER_ROUND);
      for (let i = 0; i < STEPS_PER_ROUND; i++) {
        await step.run(state, new Float32Array((await next()).levels));
      }
      if (round >= WARM_UP_ROUNDS) milliseconds.push((performance.now() - start) / STEPS_PER_ROUND);
    }
  }
  await step.close();
  const [disk, memory] = contestants.map(({ milliseconds }) => milliseconds) as [number[], number[]];
  console.log(
    `${name}: a step takes ${median(disk).toFixed(0)} ms from disk, ${median(memory).toFixed(0)} ms from memory: ` +
      `${spread(ratios(disk, memory), 3)}, median of ${rounds} rounds of ${STEPS_PER_ROUND} steps`,
  );
}

/** Reads every picture, as the first epoch does, and prints what that costs. */
async function readOnce(dataset: Dataset): Promise<void> {
  const before = process.memoryUsage().rss;
  const start = performance.now();
  for (let first = 0; first < dataset.count; first += READ_TOGETHER) {
    const length = Math.min(READ_TOGETHER, dataset.count - first);
    await dataset.read(Uint32Array.from({ length }, (_, i) => first + i));
  }
  const seconds = (performance.now() - start) / 1000;
  const mebibytes = (process.memoryUsage().rss - before) / 2 ** 20;
  console.log(
    `every picture read once in ${seconds.toFixed(1)} s, ${mebibytes.toFixed(0)} MiB more in memory`,
  );
}

/** Opens the folder, and prints what that costs. */
async function opened(
  what: string,
  folder: string,
  options: Parameters<typeof openFolder>[1],
): Promise<Dataset> {
  const before = process.memoryUsage().rss;
  const start = performance.now();
  const dataset = await openFolder(folder, options);
  const seconds = (performance.now() - start) / 1000;
  const mebibytes = (process.memoryUsage().rss - before) / 2 ** 20;
  console.log(`${what}: opened in ${seconds.toFixed(1)} s, ${mebibytes.toFixed(0)} MiB more in memory`);
  return dataset;
}

/** Writes pictures that are as hard to decode as photographs, and returns their bytes. */
async function writePictures(folder: string, pictures: number, side: number): Promise<number> {
  const raw = { width: side, height: side, channels: 3 } as const;
  const sizes = await mapConcurrently(
    Array.from({ length: pictures }, (_, i) => i),
    4,
    async (picture) => {
      let noise = picture + 1;
      const pixels = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
        noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
        const [row, col] = [Math.floor(i / 3 / side), Math.floor(i / 3) % side];
        const wave = Math.sin((row * (picture % 7) + col * (picture % 5) + i) / side) * 80;
        return 128 + wave + (noise >>> 27);
      });
      const png = await sharp(pixels, { raw }).png().toBuffer();
      await writeFile(join(folder, `${picture}.png`), png);
      return png.length;
    },
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
