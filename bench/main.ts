import { benchBreakdown } from "./breakdown.ts";
import { benchLowering } from "./lowering.ts";
import { benchSample } from "./sample.ts";
import { benchTall } from "./tall.ts";
import { benchTrain } from "./train.ts";

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  train: () => benchTrain({ rounds: 12, stepsPerRound: 10, batch: 32 }),
  sample: async () => {
    await benchSample({ rounds: 7 });
    for (const pictures of [32, 1]) await benchBreakdown(pictures, { rounds: 7 });
    await benchTall({ rounds: 7, chart: "docs/sampling-cost.svg" });
  },
  lowering: () => benchLowering({ rounds: 20 }),
};

const bench = BENCHES[process.argv[2] ?? ""];
if (!bench) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHES).join("|")}`);
  process.exit(2);
}
await bench();
