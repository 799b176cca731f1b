import { availableParallelism } from "node:os";
import {
  interleave,
  requireSameNetwork,
  startNextpixel,
  startPyTorch,
  type Contestant,
} from "./contestants.ts";
import { median, ratios, spread } from "./statistics.ts";
import { describe, GATED, multiplyAddsPerPicture, type BenchNetwork } from "./networks.ts";

export interface SampleBenchOptions {
  readonly rounds: number;
  readonly workers?: number;
}

/**
 * Pixels that the naive baseline really draws of each picture in a round, evenly spread; every other would cost as
 * much.
 */
const NAIVE_PIXELS = 10;
const BATCH = 64;

interface Sides {
  readonly ours: (batch: number, threads: number) => Promise<Contestant>;
  readonly naive: (batch: number, threads: number) => Promise<Contestant>;
  readonly cached: (batch: number, threads: number, tuned: boolean) => Promise<Contestant>;
}

/** What draws pictures of a network. */
function sides(network: BenchNetwork): Sides {
  const spec = `--network=${JSON.stringify(network)}`;
  const pytorch = (batch: number, threads: number, method: string[], tuned: boolean) =>
    startPyTorch("pytorch_sample.py", [spec, `--batch=${batch}`, `--threads=${threads}`, ...method], {
      tuned,
    });
  return {
    ours: (batch, threads) =>
      startNextpixel("nextpixel-sample.ts", [spec, `--batch=${batch}`, `--workers=${threads}`]),
    naive: (batch, threads) => pytorch(batch, threads, ["--method=naive", `--pixels=${NAIVE_PIXELS}`], false),
    cached: (batch, threads, tuned) => pytorch(batch, threads, ["--method=cached"], tuned),
  };
}

/** Pictures per second of networks, beside PyTorch that re-runs the network for every pixel. */
export async function benchNaive(
  networks: readonly BenchNetwork[],
  { rounds, workers = availableParallelism() }: SampleBenchOptions,
): Promise<void> {
  for (const network of networks) {
    const { ours, naive } = sides(network);
    console.log(`\n${describe(network)}: ${BATCH} pictures, ${workers} threads, pictures/s:`);
    const seconds = await measure(rounds, {
      nextpixel: await ours(BATCH, workers),
      naive: await naive(BATCH, workers),
    });
    report(seconds, BATCH);
    console.log(
      `  medians of ${rounds} rounds; PyTorch drew ${NAIVE_PIXELS} of each picture's ${network.size ** 2} pixels, ` +
        "evenly spread, and its seconds are scaled up",
    );
  }
}

/**
 * Pictures per second of the gated stack, beside PyTorch: re-running the network for every pixel, and caching its
 * convolutions; and beside what the convolution's kernel does at most, on this machine, in the same run.
 */
export async function benchSample({ rounds, workers = availableParallelism() }: SampleBenchOptions) {
  const { ours, naive, cached } = sides(GATED);
  const gflop = (2 * multiplyAddsPerPicture(GATED)) / 1e9;
  console.log(
    `${describe(GATED)}; ${gflop.toFixed(3)} GFLOP per picture, if convolutions are computed directly`,
  );
  const peaks = await measure(rounds, { peak: await startNextpixel("nextpixel-sample.ts", ["--peak"]) }, 20);
  const peak = 1 / median(peaks.peak);
  console.log(`\nthe convolution's kernel at its best, one thread: ${peak.toFixed(1)} GFLOP/s`);

  console.log(`\n${BATCH} pictures, ${workers} threads, pictures/s:`);
  const many = await measure(rounds, {
    nextpixel: await ours(BATCH, workers),
    naive: await naive(BATCH, workers),
    cached: await cached(BATCH, workers, false),
    tuned: await cached(BATCH, workers, true),
  });
  report(many, BATCH);
  const rate = (gflop * BATCH) / median(many.nextpixel);
  console.log(
    `  ${rate.toFixed(1)} GFLOP/s, ${percent(rate / (workers * peak))} of ${workers} x the kernel's best`,
  );

  console.log("\none picture, one thread, pictures/s:");
  const one = await measure(
    rounds,
    {
      nextpixel: await ours(1, 1),
      cached: await cached(1, 1, false),
      tuned: await cached(1, 1, true),
    },
    10,
  );
  report(one, 1);
  const seconds = median(one.nextpixel);
  console.log(
    `  ${(1000 * seconds).toFixed(1)} ms, ${percent(gflop / seconds / peak)} of the kernel's best on one thread`,
  );
}

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

/** Seconds per step of each contestant in each round. */
async function measure<Name extends string>(
  rounds: number,
  contestants: Readonly<Record<Name, Contestant>>,
  stepsPerRound = 1,
): Promise<Record<Name, number[]>> {
  const all = Object.values<Contestant>(contestants);
  try {
    requireSameNetwork(all);
    const seconds = await interleave(all, { rounds, stepsPerRound });
    return Object.fromEntries(Object.keys(contestants).map((name, i) => [name, seconds[i]])) as Record<
      Name,
      number[]
    >;
  } finally {
    await Promise.all(all.map((contestant) => contestant.stop()));
  }
}

const LABELS: Readonly<Record<string, string>> = {
  nextpixel: "nextpixel",
  naive: "PyTorch, the whole network per pixel",
  cached: "PyTorch, caching row by row",
  tuned: "the same, tuned",
};

function report(seconds: Readonly<Record<string, number[]>>, batch: number): void {
  for (const [name, own] of Object.entries(seconds)) {
    const ratio = ratios(own, seconds["nextpixel"]!);
    const beside =
      name === "nextpixel" ? "" : `   nextpixel is ${spread(ratio, median(ratio) < 10 ? 2 : 0)} as fast`;
    console.log(`  ${LABELS[name]!.padEnd(38)} ${(batch / median(own)).toFixed(2).padStart(8)}${beside}`);
  }
}
