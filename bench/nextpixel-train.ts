// The nextpixel side of the training-speed benchmark: a contestant (see contestants.ts), whose arguments are those of
// pytorch_train.py.
import { parseArgs } from "node:util";
import { ADAM_DEFAULTS } from "../src/optim/adam.ts";
import { initialParameters } from "../src/programs/parameters.ts";
import { initialState, openTrainingStep } from "../src/programs/training-step.ts";
import { levelsOf } from "./levels.ts";
import { build, type BenchNetwork } from "./networks.ts";
import { residentMb } from "./resident.ts";
import { serve } from "./serve.ts";

const WARM_UP_STEPS = 5;

const option = { type: "string", default: "0" } as const;
const { values } = parseArgs({
  options: {
    network: option,
    batch: option,
    size: option,
    width: option,
    depth: option,
    head: option,
    levels: option,
    threads: option,
  },
});
const { network: family, ...numbers } = values;
const { batch, threads, ...sizes } = Object.fromEntries(
  Object.entries(numbers).map(([name, text]) => [name, Number(text)]),
) as Record<keyof typeof numbers, number>;

const baselineRssMb = residentMb().rssMb;
const network = build({ network: family as BenchNetwork["network"], ...sizes }, batch);
const step = await openTrainingStep(network, { ...ADAM_DEFAULTS, clip: 1, ema: 0.999 }, { threads });
const pictures = levelsOf(network.picture.shape, sizes.levels);
let state = initialState(initialParameters(network.declarations, 1));

async function run(steps: number): Promise<number> {
  let loss = 0;
  for (let i = 0; i < steps; i++) {
    const result = await step.run(state, pictures, 1e-3);
    state = result.state;
    loss = result.nats;
  }
  return loss;
}

await run(WARM_UP_STEPS);
await serve({ parameters: state.parameters.length, threads, baselineRssMb }, run);
