// The nextpixel side of the training-speed benchmark: a contestant (see contestants.ts), whose arguments are those of
// pytorch_train.py.
import { parseArgs } from "node:util";
import { ADAM_DEFAULTS } from "../src/optim/adam.ts";
import { initialParameters } from "../src/programs/parameters.ts";
import { initialState, openTrainingStep } from "../src/programs/training-step.ts";
import { levelsOf } from "./levels.ts";
import { build, GATED, type BenchNetwork } from "./networks.ts";
import { residentMb } from "./resident.ts";
import { serve } from "./serve.ts";

const WARM_UP_STEPS = 5;

const { values } = parseArgs({
  options: {
    network: { type: "string", default: JSON.stringify(GATED) },
    batch: { type: "string", default: "32" },
    threads: { type: "string", default: "2" },
  },
});
const [batch, threads] = [Number(values.batch), Number(values.threads)];

const baselineRssMb = residentMb().rssMb;
const spec = JSON.parse(values.network) as BenchNetwork;
const network = build(spec, batch);
const step = await openTrainingStep(
  (pictures) => build(spec, pictures),
  batch,
  { ...ADAM_DEFAULTS, clip: 1, ema: 0.999 },
  { threads, shares: threads },
);
const pictures = levelsOf(network.picture.shape, spec.levels);
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
