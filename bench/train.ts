import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { interleave, median, medianRatio, startContestant, startPyTorch } from "./contestants.ts";
import { BENCH_NETWORKS } from "./networks.ts";

/** Training throughput and memory beside PyTorch, interleaved in one run. */
export async function benchTrain({
  rounds,
  stepsPerRound,
  batch,
  threads = availableParallelism(),
}: TrainBenchOptions) {
  for (const network of BENCH_NETWORKS) {
    const args = Object.entries({ ...network, batch, threads }).flatMap(([key, value]) => [
      `--${key}`,
      `${value}`,
    ]);
    const script = fileURLToPath(new URL("nextpixel-train.ts", import.meta.url));
    const ours = await startContestant(process.execPath, ["--import", "tsx", script, ...args]);
    const theirs = await startPyTorch(args);
    const contestants = [ours, theirs];
    try {
      const { network: name, width, depth, size } = network;
      console.log(
        `\n${name}, width ${width}, depth ${depth}, ${size}x${size}, batch ${batch}, ${threads} threads:`,
      );
      const seconds = await interleave(contestants, { rounds, stepsPerRound });
      for (const [i, { info, memory }] of contestants.entries()) {
        const { peakRssMb, baselineRssMb } = await memory();
        const rate = batch / median(seconds[i]!);
        console.log(
          `  ${info.name.padEnd(16)} ${rate.toFixed(0).padStart(6)} images/s   peak memory ${peakRssMb.toFixed(0)} MiB ` +
            `(${(peakRssMb - baselineRssMb).toFixed(0)} above start)   ${info.parameters} parameters`,
        );
      }
      console.log(
        `  nextpixel / PyTorch: ${medianRatio(seconds[1]!, seconds[0]!).toFixed(2)}x (median of ${rounds} rounds)`,
      );
    } finally {
      await Promise.all(contestants.map((contestant) => contestant.stop()));
    }
  }
}

export interface TrainBenchOptions {
  readonly rounds: number;
  readonly stepsPerRound: number;
  readonly batch: number;
  readonly threads?: number;
}
