import { availableParallelism } from "node:os";
import { interleave, median, medianRatio, startNextpixel, startPyTorch } from "./contestants.ts";
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
    const ours = await startNextpixel("nextpixel-train.ts", args);
    const plain = await startPyTorch("pytorch_train.py", args, { tuned: false });
    const tuned = await startPyTorch("pytorch_train.py", args, { tuned: true });
    const contestants = [ours, plain, tuned];
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
          `  ${info.name.padEnd(24)} ${rate.toFixed(0).padStart(5)} images/s   peak memory ${peakRssMb.toFixed(0)} MiB ` +
            `(${(peakRssMb - baselineRssMb).toFixed(0)} above start)   ${info.parameters} parameters`,
        );
      }
      const ratio = (other: number) => `${medianRatio(seconds[other]!, seconds[0]!).toFixed(2)}x`;
      console.log(
        `  nextpixel is ${ratio(1)} as fast as plain PyTorch, ${ratio(2)} as tuned (medians of ${rounds} rounds)`,
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
