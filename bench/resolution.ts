import { writeFile } from "node:fs/promises";
import { autoregressive } from "../src/families/autoregressive.ts";
import { modelByName } from "../src/models/by-name.ts";
import { collect } from "../src/programs/drawn-pictures.ts";
import type { NetworkConfig } from "../src/programs/network.ts";
import { initialParameters } from "../src/programs/parameters.ts";
import { traceStages } from "../src/programs/stages.ts";
import { startNodeWorker } from "../src/runtime/workers/node.ts";
import { FIELD_DEFAULTS } from "../src/train/defaults.ts";
import { lineChart, markdownTable } from "./chart.ts";
import { median } from "./statistics.ts";

const SIDES = [32, 64, 128, 256, 512, 1024] as const;
const MODEL = "gated-pixelcnn";
const HALVINGS = 3;
/** What a model of crops would be trained on. */
const CROP = { channels: 1, rows: 64, cols: 64 };

/**
 * Time of the processor for each pixel, and memory, of pictures that one thread draws coarse to fine at growing sizes;
 * writes a chart of the time. Weights are those before training, which take as long as any.
 */
export async function benchResolution({
  rounds,
  largest,
  chart,
}: {
  rounds: number;
  largest: number;
  chart: string;
}): Promise<void> {
  const config: NetworkConfig = {
    model: MODEL,
    modelConfig: modelByName(MODEL).defaults as NetworkConfig["modelConfig"],
    likelihood: "bernoulli",
    levels: 2,
    size: CROP,
    field: { kind: "coarse", halvings: HALVINGS, reads: "differences", ...FIELD_DEFAULTS },
  };
  const weights = Object.fromEntries(
    traceStages(config, 1).parts.map(({ name, declarations }) => [name, initialParameters(declarations, 1)]),
  );
  const place = { cores: () => 1, startWorker: startNodeWorker };
  const found: { side: number; microseconds: number; bytes: number }[] = [];
  for (const side of SIDES.filter((one) => one <= largest)) {
    const size = { rows: side, cols: side };
    const sampler = autoregressive.can.sample!({ config, weights }, { workers: 1, size }, place);
    const times: number[] = [];
    // Small pictures are drawn often enough to be measured; the first round warms up.
    const pictures = Math.max(1, Math.floor(128 / side) ** 2);
    for (let round = 0; round <= rounds; round++) {
      const before = process.cpuUsage();
      for (let first = 0; first < pictures; first++) await collect(sampler, { count: 1, first, seed: round });
      const { user, system } = process.cpuUsage(before);
      if (round > 0) times.push((user + system) / (pictures * side ** 2));
    }
    found.push({ side, microseconds: median(times), bytes: sampler.bytesFor(1)! });
    sampler.close();
  }
  const rows = found.map(({ side, microseconds, bytes }) => [
    `${side}x${side}`,
    microseconds.toFixed(2),
    `${(microseconds / found[0]!.microseconds).toFixed(2)}x`,
    ((microseconds * side ** 2) / 1e6).toFixed(2),
    (bytes / 2 ** 20).toFixed(1),
  ]);
  const header = ["picture", "us per pixel", "beside the smallest", "s per picture", "memory, MiB"];
  console.log(markdownTable(header, rows));
  const svg = lineChart({
    title: `${MODEL}, ${HALVINGS} halvings, one thread: cost of one pixel`,
    x: { label: "rows and columns of the picture", scale: "powers of two" },
    y: { label: "microseconds per pixel", fromZero: true },
    lines: [
      { name: "nextpixel", points: found.map(({ side, microseconds }) => [side, microseconds] as const) },
    ],
  });
  await writeFile(chart, svg);
  console.log(chart);
}
