import { ADAM_DEFAULTS } from "../src/optim/adam.ts";
import { initialParameters } from "../src/programs/parameters.ts";
import { initialState, openTrainingStep } from "../src/programs/training-step.ts";
import { median, ratios } from "./statistics.ts";
import { levelsOf } from "./levels.ts";
import { BENCH_NETWORKS, build } from "./networks.ts";

const BATCH = 32;
const WARM_UP_ROUNDS = 2;

/** What fields in blocks of channels bring to the training step, interleaved step by step. */
export async function benchLowering({ rounds }: { readonly rounds: number }): Promise<void> {
  for (const bench of BENCH_NETWORKS) {
    const network = build(bench, BATCH);
    const pictures = levelsOf(network.picture.shape, bench.levels);
    const state = initialState(initialParameters(network.declarations, 1));
    const variants = await Promise.all(
      [true, false].map((blocked) =>
        openTrainingStep(() => network, BATCH, { ...ADAM_DEFAULTS, clip: 1, ema: 0.999 }, { blocked }),
      ),
    );
    const milliseconds: number[][] = variants.map(() => []);
    for (let round = 0; round < rounds + WARM_UP_ROUNDS; round++) {
      for (const [i, variant] of variants.entries()) {
        const start = performance.now();
        await variant.run(state, pictures, 1e-3);
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
