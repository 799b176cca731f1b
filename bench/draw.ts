import { availableParallelism } from "node:os";
import { interleave, requireSameNetwork, startNextpixel, startPyTorch, type Clock } from "./contestants.ts";
import { median, ratios, spread } from "./statistics.ts";
import { describe, type BenchNetwork } from "./networks.ts";

/** Pictures of a step. */
const PICTURES = 1000;
/** Pictures that PyTorch draws at once. */
const BATCH = 100;

/** Pictures per second of networks that make whole pictures at once, beside PyTorch, interleaved in one run. */
export async function benchDraw(
  networks: readonly BenchNetwork[],
  {
    rounds,
    threads = availableParallelism(),
    clock = "wall",
  }: { readonly rounds: number; readonly threads?: number; readonly clock?: Clock },
): Promise<void> {
  for (const network of networks) {
    const args = [`--network=${JSON.stringify(network)}`, `--pictures=${PICTURES}`, `--threads=${threads}`];
    const theirs = [...args, `--batch=${BATCH}`];
    const contestants = [
      await startNextpixel("nextpixel-draw.ts", args),
      await startPyTorch("pytorch_draw.py", theirs, { tuned: false }),
      await startPyTorch("pytorch_draw.py", theirs, { tuned: true }),
    ];
    try {
      requireSameNetwork(contestants);
      console.log(`\n${describe(network)}: ${PICTURES} pictures, ${threads} threads, by the ${clock} clock:`);
      const seconds = await interleave(contestants, { rounds, stepsPerRound: 1, clock });
      for (const [i, { info }] of contestants.entries()) {
        const own = median(seconds[i]!);
        console.log(
          `  ${info.name.padEnd(24)} ${(1000 * own).toFixed(0).padStart(6)} ms ${(PICTURES / own).toFixed(0).padStart(6)} pictures/s`,
        );
      }
      const ratio = (other: number) => spread(ratios(seconds[other]!, seconds[0]!));
      console.log(
        `  nextpixel is ${ratio(1)} as fast as plain PyTorch, ${ratio(2)} as tuned (medians of ${rounds} rounds)`,
      );
    } finally {
      await Promise.all(contestants.map((contestant) => contestant.stop()));
    }
  }
}
