import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parameterCount } from "../src/programs/parameters.ts";
import { measuredCosts } from "./cluster.ts";
import { exchangeSeconds } from "./cluster-plan.ts";
import { MAIN, startRanks, type RanksOptions } from "./mpirun.ts";
import { openNamespaces } from "./namespaces.ts";
import { family, trainable } from "./networks.ts";
import { median, ratios, spread } from "./statistics.ts";

/** A training whose steps are timed by the training itself. */
interface TimedRun {
  readonly model: string;
  readonly batch: number;
  readonly shares: number;
  /** Of each rank. */
  readonly threads: number;
  readonly steps: number;
}

const TWO = 2;
/** What runs here are trained on. */
const DIGITS = { levels: 17, size: 8 } as const;
/** Records of the first steps also tell how long it takes to find memory. */
const SKIPPED = 2;

/** Seconds of a step of `nextpixel train`, in one process or on several ranks; validation is not counted. */
async function secondsPerStep(timed: TimedRun, ranks?: RanksOptions): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "nextpixel-cluster-"));
  const { model, batch, shares, threads, steps } = timed;
  const words =
    `train digits --model ${model} --limit 400 --batch ${batch} --shares ${shares} --threads ${threads} ` +
    `--steps ${steps} --eval-every ${steps} --out ${join(folder, "run")}`;
  try {
    const command = [MAIN, ...words.split(" ")];
    if (ranks) {
      const { code, stderr } = await startRanks(TWO, command, ranks).ended;
      if (code !== 0) throw new Error(`training on ${TWO} ranks failed: ${stderr}`);
    } else await promisify(execFile)(process.execPath, command);
    const records = (await readFile(join(folder, "run/metrics.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly imagesPerSecond: number });
    return median(records.slice(SKIPPED).map(({ imagesPerSecond }) => batch / imagesPerSecond));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Two ranks of one thread beside one process of two threads, in turns. */
export async function benchScaling({
  model,
  batch,
  rounds,
  steps,
}: {
  readonly model: string;
  readonly batch: number;
  readonly rounds: number;
  readonly steps: number;
}): Promise<void> {
  const [process, ranks]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    process.push(await secondsPerStep({ model, batch, shares: TWO, threads: TWO, steps }));
    ranks.push(await secondsPerStep({ model, batch, shares: TWO, threads: 1, steps }, {}));
  }
  const milliseconds = (seconds: readonly number[]) => (1000 * median(seconds)).toFixed(1);
  console.log(
    `${model}, batch ${batch}: ${milliseconds(process)} ms a step in one process of 2 threads, ` +
      `${milliseconds(ranks)} ms on 2 ranks of 1 thread, ${spread(ratios(process, ranks))} as fast ` +
      `(medians of ${rounds} rounds of ${steps} steps)`,
  );
}

/** Steps of two ranks on a link of limited rate, beside what the plan says. */
export async function benchNetwork({
  model,
  batch,
  megabits,
  steps,
}: {
  readonly model: string;
  readonly batch: number;
  readonly megabits: readonly number[];
  readonly steps: number;
}): Promise<void> {
  const costs = await measuredCosts();
  // What each of both computes.
  const computing = await secondsPerStep({ model, batch: batch / TWO, shares: 1, threads: 1, steps });
  const network = { ...family(model), ...DIGITS };
  const parts = trainable(network, 1).parts.map(({ declarations }) => parameterCount(declarations));
  const namespaces = await openNamespaces();
  try {
    for (const rate of megabits) {
      await namespaces.limit(rate);
      const measured = await secondsPerStep(
        { model, batch, shares: TWO, threads: 1, steps },
        namespaces.ranks,
      );
      const link = { bitsPerSecond: 1e6 * rate, latency: 0 };
      const planned = computing + exchangeSeconds(TWO, parts, link, costs);
      console.log(
        `${model}, 2 ranks at ${rate} Mbit/s: ${(1000 * measured).toFixed(0)} ms a step, planned ` +
          `${(1000 * planned).toFixed(0)} (${(1000 * computing).toFixed(0)} of computing): ` +
          `${(100 * (measured / planned - 1)).toFixed(0)} % more`,
      );
    }
  } finally {
    await namespaces.close();
  }
}
