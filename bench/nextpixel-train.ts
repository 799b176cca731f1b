// The nextpixel side of the training-speed benchmark: a contestant (see contestants.ts), whose arguments are those of
// pytorch_train.py.
import { parseArgs } from "node:util";
import { parameterCount } from "../src/programs/parameters.ts";
import { initialState } from "../src/programs/training-state.ts";
import { openTrainingStep } from "../src/programs/training-step.ts";
import { levelsOf } from "./levels.ts";
import { GATED, trainable, type BenchNetwork } from "./networks.ts";
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
const trace = (pictures: number) => trainable(spec, pictures);
const { parts, picture } = trace(batch);
const step = await openTrainingStep(trace, batch, { threads, shares: threads });
const pictures = levelsOf(picture.shape, spec.levels);
let state = initialState(parts, 1);

async function run(steps: number): Promise<number> {
  let loss = 0;
  for (let i = 0; i < steps; i++) {
    const result = await step.run(state, pictures);
    state = result.state;
    loss = Object.values(result.figures)[0]!;
  }
  return loss;
}

await run(WARM_UP_STEPS);
const parameters = parameterCount(parts.flatMap(({ declarations }) => declarations));
await serve({ parameters, threads, baselineRssMb }, run);
