import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openForward } from "../src/programs/forward.ts";
import { NETWORK } from "../src/programs/network.ts";
import { noiseOf } from "../src/programs/noise.ts";
import { initialParameters, parameterCount, placed } from "../src/programs/parameters.ts";
import { initialState } from "../src/programs/training-state.ts";
import { openTrainingStep } from "../src/programs/training-step.ts";
import { PARAMETERS } from "../src/programs/update-program.ts";
import { PYTHON, scriptPath } from "./contestants.ts";
import { levelsOf } from "./levels.ts";
import { build, describe, trainable, type BenchNetwork } from "./networks.ts";

/** What pytorch_check.py prints. */
interface Answer {
  readonly nats: number;
  readonly leaks: readonly unknown[];
  readonly missed: readonly unknown[];
}

/** What pytorch_check_step.py prints. */
interface StepAnswer {
  readonly figures: Readonly<Record<string, number>>;
  readonly norms: Readonly<Record<string, number>>;
}

const BATCH = 2;
const TOLERANCE = 1e-5;
const STEP_TOLERANCE = 1e-4;

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

/**
 * Whether both sides train the same: figures, and the norms of gradients, of one training step of the same pictures
 * with the same weights and random numbers. The second part of a GAN also follows the first one's update.
 * @throws Error that tells what differs
 */
export async function checkSteps(networks: readonly BenchNetwork[]): Promise<void> {
  for (const bench of networks) {
    const { parts, noise, picture } = trainable(bench, BATCH);
    const pictures = levelsOf(picture.shape, bench.levels);
    const first = initialState(parts, 1);
    const state = {
      ...first,
      parts: Object.fromEntries(
        Object.entries(first.parts).map(([name, part]) => [
          name,
          { ...part, [PARAMETERS]: changed(part[PARAMETERS]!) },
        ]),
      ),
    };
    const step = await openTrainingStep((count) => trainable(bench, count), BATCH);
    const { figures, gradientNorms } = await step.run(state, pictures);
    await step.close();

    const weights = Object.fromEntries(
      parts.flatMap(({ name, declarations }) =>
        placed(declarations).map((place) => [
          place.name,
          [...state.parts[name]![PARAMETERS]!.subarray(place.start, place.end)],
        ]),
      ),
    );
    const numbers = Object.entries(noiseOf(noise, BATCH, 0)(1)).map(([name, values]) => [name, [...values]]);
    const given = { weights, pictures: [...pictures], noise: Object.fromEntries(numbers) };
    const theirs = await askForStep(bench, given);
    const differences = [
      ...Object.entries(theirs.figures).map(([name, value]) => Math.abs(value / figures[name]! - 1)),
      ...Object.entries(theirs.norms).map(([name, value]) => Math.abs(value / gradientNorms[name]! - 1)),
    ];
    const difference = Math.max(...differences);
    if (!(difference < STEP_TOLERANCE))
      throw new Error(
        `${bench.name}: expected ${JSON.stringify({ figures, gradientNorms })}, received ${JSON.stringify(theirs)}`,
      );
    const parameters = parameterCount(parts.flatMap(({ declarations }) => declarations));
    console.log(
      `${describe(bench)}: ${parameters} parameters, losses and norms of gradients differ by ${difference.toExponential(1)}`,
    );
  }
}

/** First biases and states are zeros, which would not be missed. */
const changed = (weights: Float32Array) => weights.map((weight, i) => weight + 0.02 * Math.sin(i));

const askPyTorch = (bench: BenchNetwork, weights: Float32Array, pictures: Float32Array): Promise<Answer> =>
  ask("pytorch_check.py", bench, { weights, pictures: Uint8Array.from(pictures) });

const askForStep = (bench: BenchNetwork, given: unknown): Promise<StepAnswer> =>
  ask("pytorch_check_step.py", bench, { given: JSON.stringify(given) });

/** What a script of this folder prints, given files by the names of its options. */
async function ask<Printed>(
  script: string,
  bench: BenchNetwork,
  files: Readonly<Record<string, NodeJS.ArrayBufferView | string>>,
): Promise<Printed> {
  const folder = await mkdtemp(join(tmpdir(), "nextpixel-"));
  try {
    const args = [`--network=${JSON.stringify(bench)}`, `--batch=${BATCH}`];
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(folder, name), content);
      args.push(`--${name}=${join(folder, name)}`);
    }
    return JSON.parse(execFileSync(PYTHON, [scriptPath(script), ...args], { encoding: "utf8" })) as Printed;
  } finally {
    await rm(folder, { recursive: true });
  }
}
