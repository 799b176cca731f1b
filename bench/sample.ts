import { availableParallelism } from "node:os";
import {
  interleave,
  median,
  medianRatio,
  startNextpixel,
  startPyTorch,
  type Contestant,
} from "./contestants.ts";
import { GATED, multiplyAddsPerPicture } from "./networks.ts";

export interface SampleBenchOptions {
  readonly rounds: number;
  readonly workers?: number;
}

/** Pixels that the naive baseline really draws of each picture in a round; the others would cost as much each. */
const NAIVE_PIXELS = 10;
const BATCH = 64;

/**
 * Pictures per second of the gated stack, beside PyTorch: re-running the network for every pixel, and caching its convolutions;
 * and beside what the convolution's kernel does at most, on this machine, in the same run.
 */
export async function benchSample({ rounds, workers = availableParallelism() }: SampleBenchOptions) {
  const args = (batch: number, threads: number) => [`--batch=${batch}`, `--threads=${threads}`];
  const cached = (batch: number, threads: number, tuned: boolean) =>
    startPyTorch("pytorch_sample.py", [...args(batch, threads), "--method=cached"], { tuned });
  const ours = (batch: number, threads: number) =>
    startNextpixel("nextpixel-sample.ts", [`--batch=${batch}`, `--workers=${threads}`]);

  const gflop = (2 * multiplyAddsPerPicture(GATED)) / 1e9;
  console.log(
    `gated stack of 5 blocks x 64, 28x28; ${gflop.toFixed(3)} GFLOP per picture, if convolutions are computed directly`,
  );
  const peaks = await measure(rounds, { peak: await startNextpixel("nextpixel-sample.ts", ["--peak"]) }, 20);
  const peak = 1 / median(peaks.peak);
  console.log(`\nthe convolution's kernel at its best, one thread: ${peak.toFixed(1)} GFLOP/s`);

  console.log(`\n${BATCH} pictures, ${workers} threads, pictures/s:`);
  const many = await measure(rounds, {
    nextpixel: await ours(BATCH, workers),
    naive: await startPyTorch(
      "pytorch_sample.py",
      [...args(BATCH, workers), "--method=naive", `--pixels=${NAIVE_PIXELS}`],
      { tuned: false },
    ),
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
    const ratio = medianRatio(own, seconds["nextpixel"]!);
    const beside =
      name === "nextpixel" ? "" : `   nextpixel is ${ratio.toFixed(ratio < 10 ? 2 : 0)}x as fast`;
    console.log(`  ${LABELS[name]!.padEnd(38)} ${(batch / median(own)).toFixed(2).padStart(8)}${beside}`);
  }
}
