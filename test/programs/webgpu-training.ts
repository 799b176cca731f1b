// What webgpu.test.ts runs in a process with a GPU: the same steps on the CPU and on the GPU. Prints them as JSON.
import { autoregressive } from "../../src/families/autoregressive.ts";
import { buildNetwork, NETWORK, type NetworkConfig } from "../../src/programs/network.ts";
import { openScorer } from "../../src/programs/scorer.ts";
import {
  initialState,
  releaseState,
  vectorOfParts,
  type TrainingState,
} from "../../src/programs/training-state.ts";
import {
  openDeviceTrainingStep,
  openTrainingStep,
  type TrainingStep,
} from "../../src/programs/training-step.ts";
import { AVERAGE } from "../../src/programs/update-program.ts";
import type { Values } from "../../src/runtime/values.ts";
import { randomLevels } from "../runtime/logits.ts";
import { labelsInTurn, TINY_NETWORKS } from "./tiny.ts";

/** What came of training on one device. */
export interface Trained {
  readonly nats: readonly number[];
  readonly norms: readonly number[];
  /** Of the training pictures, with the averaged weights. */
  readonly scored: readonly number[];
  /** Is the state an array in memory after a step? */
  readonly isInMemory: boolean;
  /** The nats of the second step, run once more from the state that it began with. */
  readonly again: number;
}

const BATCH = 3;
const STEPS = 5;
const SETTINGS = { steps: STEPS, lr: 1e-2, warmup: 0, decay: 1, clip: 0.5, ema: 0.9 };

async function train(config: NetworkConfig, device: "cpu" | "webgpu", shares: number): Promise<Trained> {
  const dropout = ["pixelsnail", "pixelcnn-pp"].includes(config.model) ? 0.3 : undefined;
  const build = (pictures: number) => autoregressive.trainable(config, pictures, { ...SETTINGS, dropout });
  const open = device === "cpu" ? openTrainingStep : openDeviceTrainingStep;
  const step: TrainingStep<Values> = await open(build, BATCH, { shares, seed: 4 });
  const network = build(BATCH);
  const pictures = randomLevels(
    BATCH * network.picture.shape.slice(1).reduce((a, b) => a * b),
    config.levels,
    7,
  );
  const levels = Float32Array.from(pictures);
  const labels = labelsInTurn(network, BATCH);

  const [nats, norms]: [number[], number[]] = [[], []];
  let state: TrainingState<Values> = initialState(network.parts, 1);
  let again = Number.NaN;
  for (let i = 0; i < STEPS; i++) {
    const result = await step.run(state, levels, labels);
    nats.push(result.figures["nats"]!);
    norms.push(result.gradientNorms[NETWORK]!);
    if (i === 1) {
      const second = await step.run(state, levels, labels);
      again = second.figures["nats"]!;
      releaseState(second.state);
    }
    releaseState(state);
    state = result.state;
  }
  const scorer = await openScorer(buildNetwork(config, BATCH), undefined, { device });
  const scored = await scorer.nats(Uint8Array.from(pictures), {
    weights: vectorOfParts(state, AVERAGE),
    labels,
  });
  const isInMemory = state.parts[NETWORK]!["parameters"] instanceof Float32Array;
  releaseState(state);
  await Promise.all([scorer.close(), step.close()]);
  return { nats, norms, scored: [...scored], isInMemory, again };
}

const [name, shares] = process.argv.slice(2);
const { config } = TINY_NETWORKS.find((network) => network.name === name)!;
const [cpu, webgpu] = [
  await train(config, "cpu", Number(shares)),
  await train(config, "webgpu", Number(shares)),
];
console.log(JSON.stringify({ cpu, webgpu }));
