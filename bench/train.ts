import { availableParallelism } from "node:os";
import { interleave, requireSameNetwork, startNextpixel, startPyTorch, type Clock } from "./contestants.ts";
import { median, ratios, spread } from "./statistics.ts";
import { describe, type BenchNetwork } from "./networks.ts";

export interface TrainBenchOptions {
  readonly rounds: number;
  readonly batch: number;
  readonly threads?: number;
  readonly clock?: Clock;
}

/** Steps in a round: so many, or fewer of networks that would take longer than this. */
const MOST_STEPS = 10;
const SECONDS_PER_RUN = 10;

/** Training throughput and memory beside PyTorch, interleaved in one run. */
export async function benchTrain(
  networks: readonly BenchNetwork[],
  { rounds, batch, threads = availableParallelism(), clock = "wall" }: TrainBenchOptions,
): Promise<void> {
  for (const network of networks) {
    const args = [`--network=${JSON.stringify(network)}`, `--batch=${batch}`, `--threads=${threads}`];
    const ours = await startNextpixel("nextpixel-train.ts", args);
    const plain = await startPyTorch("pytorch_train.py", args, { tuned: false });
    const tuned = await startPyTorch("pytorch_train.py", args, { tuned: true });
    const contestants = [ours, plain, tuned];
    try {
      requireSameNetwork(contestants);
      const first = await plain.run(1);
      const stepsPerRound = Math.min(MOST_STEPS, Math.ceil(SECONDS_PER_RUN / first.seconds));
      console.log(`\n${describe(network)}, batch ${batch}, ${threads} threads, by the ${clock} clock:`);
      const seconds = await interleave(contestants, { rounds, stepsPerRound, clock });
      for (const [i, { info, memory }] of contestants.entries()) {
        const { peakRssMb, baselineRssMb } = await memory();
        const step = median(seconds[i]!);
        console.log(
          `  ${info.name.padEnd(24)} ${(1000 * step).toFixed(0).padStart(6)} ms a step ` +
            `${(batch / step).toFixed(0).padStart(5)} images/s   peak memory ${peakRssMb.toFixed(0)} MiB ` +
            `(${(peakRssMb - baselineRssMb).toFixed(0)} above start)   ${info.parameters} parameters`,
        );
      }
      const ratio = (other: number) => `${spread(ratios(seconds[other]!, seconds[0]!))}`;
      console.log(
        `  nextpixel is ${ratio(1)} as fast as plain PyTorch, ${ratio(2)} as tuned ` +
          `(medians of ${rounds} rounds of ${stepsPerRound} steps)`,
      );
    } finally {
      await Promise.all(contestants.map((contestant) => contestant.stop()));
    }
  }
}
