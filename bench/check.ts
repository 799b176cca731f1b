import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openForward } from "../src/programs/forward.ts";
import { NETWORK } from "../src/programs/network.ts";
import { initialParameters } from "../src/programs/parameters.ts";
import { PYTHON, scriptPath } from "./contestants.ts";
import { levelsOf } from "./levels.ts";
import { build, describe, type BenchNetwork } from "./networks.ts";

/** What pytorch_check.py prints. */
interface Answer {
  readonly nats: number;
  readonly leaks: readonly unknown[];
  readonly missed: readonly unknown[];
}

const BATCH = 2;
const TOLERANCE = 1e-5;

/**
 * Whether both sides of the benchmarks have the same networks: the same likelihood of the same pictures with the same
 * weights, and no pixel of PyTorch's that sees too much or too little.
 * @throws Error that tells what differs
 */
export async function checkNetworks(networks: readonly BenchNetwork[]): Promise<void> {
  for (const bench of networks) {
    const network = build(bench, BATCH);
    const weights = changed(initialParameters(network.declarations, 1));
    const pictures = levelsOf(network.picture.shape, bench.levels);
    const forward = await openForward(network, [network.nats], { [NETWORK]: weights });
    const [perSubPixel] = await forward.run(pictures);
    const ours = perSubPixel!.reduce((sum, nats) => sum + nats, 0);
    await forward.close();

    const { nats, leaks, missed } = await askPyTorch(bench, weights, pictures);
    const difference = Math.abs(nats - ours) / ours;
    if (!(difference < TOLERANCE) || leaks.length + missed.length > 0)
      throw new Error(
        `${bench.name}: expected ${ours} nats, received ${nats}; pixels that leak: ${JSON.stringify(leaks)}; ` +
          `that are missed: ${JSON.stringify(missed)}`,
      );
    console.log(
      `${describe(bench)}: ${weights.length} parameters, nats differ by ${difference.toExponential(1)}`,
    );
  }
}

/** First biases and states are zeros, which would not be missed. */
const changed = (weights: Float32Array) => weights.map((weight, i) => weight + 0.02 * Math.sin(i));

async function askPyTorch(
  bench: BenchNetwork,
  weights: Float32Array,
  pictures: Float32Array,
): Promise<Answer> {
  const folder = await mkdtemp(join(tmpdir(), "nextpixel-"));
  try {
    const files = { weights: join(folder, "weights"), pictures: join(folder, "pictures") };
    await writeFile(files.weights, weights);
    await writeFile(files.pictures, Uint8Array.from(pictures));
    const args = [
      `--network=${JSON.stringify(bench)}`,
      `--batch=${BATCH}`,
      `--weights=${files.weights}`,
      `--pictures=${files.pictures}`,
    ];
    return JSON.parse(execFileSync(PYTHON, [scriptPath("pytorch_check.py"), ...args], { encoding: "utf8" }));
  } finally {
    await rm(folder, { recursive: true });
  }
}
