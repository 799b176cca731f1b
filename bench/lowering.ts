import { trainableOf } from "../src/families/autoregressive.ts";
import { initialState } from "../src/programs/training-state.ts";
import { openTrainingStep } from "../src/programs/training-step.ts";
import { median, ratios } from "./statistics.ts";
import { levelsOf } from "./levels.ts";
import { BENCH_NETWORKS, build, OPTIMIZER } from "./networks.ts";

const BATCH = 32;
const WARM_UP_ROUNDS = 2;

/** What fields in blocks of channels bring to the training step, interleaved step by step. */
export async function benchLowering({ rounds }: { readonly rounds: number }): Promise<void> {
  for (const bench of BENCH_NETWORKS) {
    const trainable = trainableOf(build(bench, BATCH), OPTIMIZER);
    const pictures = levelsOf(trainable.picture.shape, bench.levels);
    const state = initialState(trainable.parts, 1);
    const variants = await Promise.all(
      [true, false].map((blocked) => openTrainingStep(() => trainable, BATCH, { blocked })),
    );
    const milliseconds: number[][] = variants.map(() => []);
    for (let round = 0; round < rounds + WARM_UP_ROUNDS; round++) {
      for (const [i, variant] of variants.entries()) {
        const start = performance.now();
        await variant.run(state, pictures);
        if (round >= WARM_UP_ROUNDS) milliseconds[i]!.push(performance.now() - start);
      }
    }
    await Promise.all(variants.map((variant) => variant.close()));
    const [blocked, plain] = milliseconds as [number[], number[]];
    console.log(
      `${bench.name}: ${median(blocked).toFixed(1)} ms a step in blocks, ${median(plain).toFixed(1)} without: ` +
        `${median(ratios(plain, blocked)).toFixed(2)}x (median of ${rounds} rounds)`,
    );
  }
}
