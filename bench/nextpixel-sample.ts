// The nextpixel side of the sampling-speed benchmark: a contestant (see contestants.ts). A step is a batch of pictures
// of a network or, with `--peak`, 10^9 operations of the kernel that computes its convolutions.
import { parseArgs } from "node:util";
import { initialParameters } from "../src/programs/parameters.ts";
import { samplerProgram } from "../src/programs/step-program.ts";
import { FREE_MEMORY, openKernels } from "../src/runtime/step/kernels.ts";
import { openStepSampler } from "../src/runtime/step/sampler.ts";
import { startNodeWorker } from "../src/runtime/workers/node.ts";
import { build, GATED, type BenchNetwork } from "./networks.ts";
import { residentMb } from "./resident.ts";
import { serve } from "./serve.ts";

const { values } = parseArgs({
  options: {
    network: { type: "string", default: JSON.stringify(GATED) },
    batch: { type: "string", default: "64" },
    workers: { type: "string", default: "1" },
    peak: { type: "boolean", default: false },
  },
});
const baselineRssMb = residentMb().rssMb;

interface Work {
  readonly parameters: number;
  /** Does so many steps; returns some number that is made of the results. */
  run(steps: number): Promise<number>;
}

/** Draws batches of pictures; tells how many of their pixels are white, so that the work cannot be left out. */
function sampling(spec: BenchNetwork, count: number, workers: number): Work {
  const network = build(spec, 1);
  const weights = initialParameters(network.declarations, 1);
  const program = samplerProgram(network, weights);
  const sampler = openStepSampler(program, { workers, startWorker: startNodeWorker });
  return {
    parameters: weights.length,
    async run(steps) {
      let white = 0;
      for (let step = 0; step < steps; step++) {
        const request = { seed: step, temperature: 1, first: 0, count, rows: spec.size };
        for await (const event of sampler.stream(request)) {
          if (event.kind === "row") white += event.levels.reduce((sum, level) => sum + level, 0);
        }
      }
      return white / (steps * count * spec.size ** 2);
    },
  };
}

/** The convolution kernel at its best: everything in the first cache. */
async function peak(): Promise<Work> {
  const [rows, depth, outputs] = [16, 256, 16];
  const bytes = 2 ** 20;
  const { kernels, memory } = await openKernels(bytes);
  const floats = new Float32Array(memory.buffer);
  floats.fill(0.5, FREE_MEMORY / 4, bytes / 4);
  const [table, bias, x, weights, out] = [1, 2, 4, 32, 128].map((kib) => kib * 1024) as [
    number,
    number,
    number,
    number,
    number,
  ];
  new Uint32Array(memory.buffer).set([x, 4 * depth, depth], table / 4);
  const calls = Math.round(1e9 / (2 * rows * depth * outputs));
  return {
    parameters: 0,
    async run(steps) {
      for (let call = 0; call < steps * calls; call++) {
        kernels.convolution(table, 1, depth, weights, bias, 0, 0, out, 4 * outputs, rows, outputs, 0);
      }
      return floats[out / 4]!;
    },
  };
}

const [batch, workers] = [Number(values.batch), Number(values.workers)];
const work = values.peak
  ? await peak()
  : sampling(JSON.parse(values.network) as BenchNetwork, batch, workers);
await work.run(2);
await serve({ parameters: work.parameters, threads: workers, baselineRssMb }, (steps) => work.run(steps));
// Workers would keep the process alive.
process.exit(0);
