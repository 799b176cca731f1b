// The nextpixel side of the drawing benchmark of VAEs and GANs: a contestant (see contestants.ts). A step is so many
// pictures.
import { parseArgs } from "node:util";
import { capability } from "../src/families/by-name.ts";
import { openForward } from "../src/programs/forward.ts";
import { parameterCount } from "../src/programs/parameters.ts";
import { initialState, vectorOfParts } from "../src/programs/training-state.ts";
import { PARAMETERS } from "../src/programs/update-program.ts";
import { startNodeWorker } from "../src/runtime/workers/node.ts";
import { configOf, trainable, type BenchNetwork } from "./networks.ts";
import { residentMb } from "./resident.ts";
import { serve } from "./serve.ts";

const WARM_UP_STEPS = 2;

const { values } = parseArgs({
  options: {
    network: { type: "string" },
    pictures: { type: "string", default: "1000" },
    threads: { type: "string", default: "2" },
  },
});
const [count, threads] = [Number(values.pictures), Number(values.threads)];
const baselineRssMb = residentMb().rssMb;
const spec = JSON.parse(values.network!) as BenchNetwork;
const { parts } = trainable(spec, 1);
const model = { config: configOf(spec), weights: vectorOfParts(initialState(parts, 1), PARAMETERS) };
const place = { cores: () => threads, startWorker: startNodeWorker, openForward };
const sampler = capability({ model: spec.name }, "sample")(model, { workers: threads }, place);

/** Tells the mean level, so that the work cannot be left out. */
async function run(steps: number): Promise<number> {
  let sum = 0;
  for (let seed = 0; seed < steps; seed++)
    for await (const event of sampler.stream({ count, seed }))
      if (event.kind === "row") sum += event.levels.reduce((sum, level) => sum + level, 0);
  return sum / (steps * count * spec.size ** 2);
}

await run(WARM_UP_STEPS);
const parameters = parameterCount(parts.flatMap(({ declarations }) => declarations));
await serve({ parameters, threads, baselineRssMb }, run);
