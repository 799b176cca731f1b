import { benchLowering } from "./lowering.ts";
import { benchTrain } from "./train.ts";

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  train: () => benchTrain({ rounds: 12, stepsPerRound: 10, batch: 32 }),
  lowering: () => benchLowering({ rounds: 20 }),
};

const bench = BENCHES[process.argv[2] ?? ""];
if (!bench) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHES).join("|")}`);
  process.exit(2);
}
await bench();
