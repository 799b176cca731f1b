import { describe, expect, test } from "vitest";
import { gan } from "../../src/families/gan.ts";
import { GAN_LOSSES } from "../../src/families/gan-loss.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { modelByName } from "../../src/models/by-name.ts";
import type { NetworkConfig } from "../../src/programs/network.ts";
import { initialParameters, vectorOf } from "../../src/programs/parameters.ts";
import { gradientProgram } from "../../src/programs/gradient-program.ts";
import { noiseOf } from "../../src/programs/noise.ts";
import { evaluate } from "../reference/evaluate.ts";
import { expectGradients } from "./gradients.ts";

const SETTINGS = { steps: 10, lr: 0.01, warmup: 0, decay: 1, clip: 100, ema: 0.9 } as const;
const BATCH = 3;

const grey: NetworkConfig = {
  model: "gan",
  modelConfig: { latents: 3, width: 2, blocks: 1 },
  levels: 5,
  size: { channels: 1, rows: 8, cols: 10 },
};
const colour: NetworkConfig = {
  ...grey,
  size: { channels: 3, rows: 5, cols: 4 },
  classes: ["a", "b"].map((name) => ({ name, pictures: 1 })),
};

// Penalties are part of the discriminator's loss: its gradient has second derivatives.
describe.each(Object.keys(GAN_LOSSES))("the gradient of each part, %s", (ganLoss) => {
  test.each([
    ["grey", grey],
    ["colour, classes", colour],
  ])("agrees with differences in float64, and ONNX Runtime with it (%s)", async (_, config) => {
    const settings = { ganLoss, gamma: 0.7 };
    await expectGradients(gan.trainable({ ...config, settings }, BATCH, SETTINGS), config.levels);
  });
});

test("an untrained discriminator's penalties are half the square of the length of its gradient, by differences", () => {
  const trainable = gan.trainable(grey, 1, SETTINGS);
  const [discriminator] = trainable.parts;
  const { outputs } = gradientProgram(trainable, discriminator!);
  const length = sizeOf(trainable.picture.shape);
  const pictures = Float64Array.from({ length }, (_, i) => (i * 7) % 5);
  const fixed = {
    "penalty weight": [1],
    ...noiseOf(trainable.noise, 1, 3)(1),
    ...Object.fromEntries(
      trainable.parts.map(({ name, declarations }) => [vectorOf(name), initialParameters(declarations, 1)]),
    ),
  };
  const valueOf = (figure: string, levels: Float64Array) =>
    evaluate([outputs[`figure ${figure}`]!], { ...fixed, pictures: levels })[0]![0]!;
  let squares = 0;
  for (let i = 0; i < length; i++) {
    const moved = (step: number) => pictures.map((level, k) => (k === i ? level + step : level));
    // A level is half a unit of the scale from -1 to 1, as there are five of them.
    const slope = (valueOf("scoreReal", moved(1e-5)) - valueOf("scoreReal", moved(-1e-5))) / (2e-5 * 0.5);
    squares += slope ** 2;
  }
  expect(valueOf("penaltyReal", pictures)).toBeCloseTo(squares / 2, 8);
  expect(squares).toBeGreaterThan(1e-4);
});

test("the weight of R3GAN's penalties falls to a tenth, that of WGAN-GP's stays, and DCGAN's loss has none", () => {
  const weights = (ganLoss: string) =>
    gan
      .trainable({ ...grey, settings: { ganLoss, gamma: 2, lambda: 3 } }, 1, SETTINGS)
      .schedules!.map(({ at }) => [at(0), at(5), at(10)].map((weight) => Number(weight.toFixed(6))));
  expect(weights("r3gan")).toEqual([[2, 1.1, 0.2]]);
  expect(weights("wgan-gp")).toEqual([[3, 3, 3]]);
  expect(weights("dcgan")).toEqual([]);
});

test("Adam has no momentum, and a memory of squares that gets longer, unless it is asked for another", () => {
  const schedules = (given: object) =>
    gan.trainable(grey, 1, { ...SETTINGS, ...given }).parts[1]!.optimizer.transformation.schedules;
  expect(schedules({})["adam.beta2"]!(0)).toBeCloseTo(0.9, 12);
  expect(schedules({})["adam.beta2"]!(10)).toBeCloseTo(0.99, 12);
  expect(schedules({ beta2: 0.95 })).not.toHaveProperty(["adam.beta2"]);
});

test("the model's setting names the losses that there are", () => {
  const { ganLoss } = modelByName("gan").settings!;
  expect(ganLoss).toMatchObject({ choices: Object.keys(GAN_LOSSES) });
});
