import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { gatedStack } from "../../bench/gated-stack.ts";
import { philox4x32 } from "../../src/basics/philox.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import * as g from "../../src/graph/language.ts";
import type { Program } from "../../src/lower/onnx/lower.ts";
import { evaluate } from "../reference/evaluate.ts";
import { adam, ADAM_DEFAULTS } from "../../src/optim/adam.ts";
import { clipByNorm } from "../../src/optim/clip.ts";
import { gradientProgram } from "../../src/programs/gradient-program.ts";
import { buildNetwork, networkOf, type Network, type NetworkConfig } from "../../src/programs/network.ts";
import { initialParameters } from "../../src/programs/parameters.ts";
import {
  initialState,
  openTrainingStep,
  type TrainingStepOptions,
} from "../../src/programs/training-step.ts";
import { updateProgram } from "../../src/programs/update-program.ts";
import { openSession, type SessionOptions } from "../../src/runtime/ort.ts";
import { randomNumbers } from "../graph/primitive-cases.ts";
import { classFeeds, labelsInTurn, TINY_NETWORKS } from "./tiny.ts";

const OPTIONS = { ...ADAM_DEFAULTS, clip: 0.05, ema: 0.9 };

const gated = { likelihood: "categorical", levels: 4, size: { channels: 1, rows: 5, cols: 6 } } as const;
/** Channels in whole blocks, so that the blocked convolutions are tested too. */
const wide = { ...TINY_NETWORKS[0]!.config, modelConfig: { width: 16, depth: 2, head: 16 } };
const strided: NetworkConfig = {
  model: "pixelcnn-pp",
  modelConfig: { width: 16, layers: 1, resolutions: 2 },
  likelihood: "categorical",
  levels: 4,
  size: { channels: 1, rows: 4, cols: 6 },
};

const networks: { name: string; network: Network }[] = [
  ...TINY_NETWORKS.map(({ name, config }) => ({ name, network: buildNetwork(config, 2) })),
  { name: "pixelcnn of whole blocks", network: buildNetwork(wide, 2) },
  { name: "pixelcnn-pp of whole blocks", network: buildNetwork(strided, 2) },
  { name: "gated stack", network: networkOf(gated, 2, gatedStack({ width: 16, depth: 2, head: 16 })) },
];

const levelsOf = ({ levels, picture }: Network) =>
  Float32Array.from(
    { length: sizeOf(picture.shape) },
    (_, i) => philox4x32([i, 0, 0, 0], [9, 0])[0] % levels,
  );

/** What a program gives, and what the float64 reference does, agree within 2e-5. */
async function expectAgreement(
  program: Program,
  feeds: Record<string, Float32Array>,
  options?: SessionOptions,
): Promise<void> {
  const session = await openSession(program, options);
  const received = await session.run(feeds);
  await session.close();
  const wanted = evaluate(Object.values(program.outputs), feeds);
  Object.keys(program.outputs).forEach((name, output) => {
    wanted[output]!.forEach((value, i) => {
      expect(Math.abs(received[name]![i]! - value), `${name}[${i}]`).toBeLessThan(
        2e-5 * Math.max(1, Math.abs(value)),
      );
    });
  });
}

describe.each(networks)("the gradient of $name", ({ network }) => {
  test.each([true, false])("agrees with the float64 reference within 2e-5 (blocked %s)", async (blocked) => {
    const feeds = {
      pictures: levelsOf(network),
      ...classFeeds(network, labelsInTurn(network, 2)),
      parameters: initialParameters(network.declarations, 1),
    };
    await expectAgreement(gradientProgram(network), feeds, { blocked });
  });
});

test("the update agrees with the float64 reference within 2e-5", async () => {
  const count = 200;
  const numbers = (seed: number, scale: number) =>
    Float32Array.from(randomNumbers(count, seed), (v) => scale * v);
  await expectAgreement(updateProgram(count, [0.3, 0.7], OPTIONS), {
    gradient0: numbers(5, 1),
    gradient1: numbers(6, 1),
    parameters: numbers(1, 1),
    average: numbers(2, 0.1),
    m: numbers(3, 1e-3),
    v: numbers(4, 1e-4).map(Math.abs),
    schedule: Float32Array.of(1e-2, 1.5, 2.5, 0.7),
  });
});

const buildWide = (pictures: number) => buildNetwork(wide, pictures);

test("steps on one batch lower its loss, and the same steps give the same bits", async () => {
  const step = await openTrainingStep(buildWide, 4, { ...OPTIONS, clip: 1 });
  const network = buildWide(4);
  const pictures = levelsOf(network);
  const train = async () => {
    let state = initialState(initialParameters(network.declarations, 1));
    const losses: number[] = [];
    for (let i = 0; i < 60; i++) {
      const result = await step.run(state, pictures, 1e-2);
      state = result.state;
      losses.push(result.nats);
    }
    return { state, losses };
  };
  const [first, second] = [await train(), await train()];
  await step.close();
  // Untrained, a bit costs about log 2 nats.
  expect(first.losses[0]! / 30).toBeCloseTo(Math.log(2), 0);
  expect(first.losses.at(-1)!).toBeLessThan(0.5 * first.losses[0]!);
  expect(first.state).toEqual(second.state);
  expect(first.state.step).toBe(60);
});

describe("shares of a batch", () => {
  const dropout = { rate: 0.5, seed: 4 };
  const snail: NetworkConfig = {
    ...wide,
    model: "pixelsnail",
    modelConfig: { width: 4, blocks: 1, layers: 2, key: 2, value: 3 },
    classes: ["a", "b", "c"].map((name) => ({ name, pictures: 1 })),
  };
  const build = (pictures: number) => buildNetwork(snail, pictures, { dropout: true });
  const whole = build(5);
  const begin = initialState(initialParameters(whole.declarations, 1));
  const stepWith = async (options: TrainingStepOptions) => {
    const step = await openTrainingStep(build, 5, { ...OPTIONS, dropout }, options);
    const result = await step.run(begin, levelsOf(whole), 1e-2, labelsInTurn(whole, 5));
    await step.close();
    return result;
  };

  test.each([2, 3, 5, 9])("of unlike sizes too, %i of 5 pictures, make the same step", async (shares) => {
    const [one, several] = [await stepWith({ shares: 1 }), await stepWith({ shares })];
    expect(several.nats).toBeCloseTo(one.nats, 4);
    expect(several.gradientNorm).toBeCloseTo(one.gradientNorm, 5);
    // Its size, 1e-2, is that of Adam's first step.
    const difference = one.state.parameters.map((value, i) => Math.abs(value - several.state.parameters[i]!));
    expect(Math.max(...difference)).toBeLessThan(1e-4);
  });

  test("give the same bits on one thread as on several", async () => {
    const [one, several] = [
      await stepWith({ shares: 3, threads: 1 }),
      await stepWith({ shares: 3, threads: 3 }),
    ];
    expect(one).toEqual(several);
  });

  test("do not stop a process that forgets to close them", async () => {
    const open = `import { openTrainingStep } from "./dist/programs/training-step.js";
      import { buildNetwork } from "./dist/programs/network.js";
      const config = ${JSON.stringify(wide)};
      await openTrainingStep((count) => buildNetwork(config, count), 2, ${JSON.stringify(OPTIONS)}, { shares: 2 });`;
    const { stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", open], {
      timeout: 30_000,
    });
    expect(stderr).toBe("");
  });
});

describe("Adam", () => {
  test("with zero gradients decays to 0 and to no denormal", async () => {
    const vector = (name: string) => g.input(name, [2]);
    const scalar = (name: string) => g.input(name, [1]);
    const schedule = {
      rate: scalar("rate"),
      correction1: scalar("correction1"),
      correction2: scalar("correction2"),
    };
    const { parameters, state } = adam(
      vector("p"),
      vector("gradient"),
      { m: vector("m"), v: vector("v") },
      schedule,
      ADAM_DEFAULTS,
    );
    const session = await openSession({
      name: "adam",
      outputs: { p1: parameters, m1: state.m, v1: state.v },
    });
    const one = Float32Array.of(1);
    let values = {
      p: Float32Array.of(1, 1),
      m: Float32Array.of(1e-3, -1e-3),
      v: Float32Array.of(1e-6, 1e-30),
    };
    const smallestNormal = 2 ** -126;
    for (let i = 0; i < 1200; i++) {
      const fed = {
        ...values,
        gradient: new Float32Array(2),
        rate: Float32Array.of(1e-3),
        correction1: one,
        correction2: one,
      };
      const { p1, m1, v1 } = await session.run(fed);
      values = { p: p1!, m: m1!, v: v1! } as typeof values;
      for (const value of [...values.m, ...values.v]) {
        expect(value === 0 || Math.abs(value) >= smallestNormal).toBe(true);
      }
    }
    await session.close();
    expect([...values.m]).toEqual([0, 0]);
    expect(values.p.every(Number.isFinite)).toBe(true);
  });

  test("makes a first step of the size of the learning rate, whatever the gradient's", () => {
    const constants = {
      rate: g.constant([0.1]),
      correction1: g.constant([10]),
      correction2: g.constant([1000]),
    };
    const { parameters } = adam(
      g.constant([1, 1]),
      g.constant([1e-3, -50]),
      { m: g.constant([0, 0]), v: g.constant([0, 0]) },
      constants,
      ADAM_DEFAULTS,
    );
    const [stepped] = evaluate([parameters], {});
    expect(stepped![0]).toBeCloseTo(0.9, 4);
    expect(stepped![1]).toBeCloseTo(1.1, 4);
  });
});

test("clipping scales a long gradient to the norm, and leaves a short one alone", () => {
  const long = clipByNorm(g.constant([3, 4]), 1);
  const short = clipByNorm(g.constant([0.3, 0.4]), 1);
  const [a, norm, b] = evaluate([long.gradient, long.norm, short.gradient], {});
  expect([...a!].map((v) => Number(v.toFixed(9)))).toEqual([0.6, 0.8]);
  expect(norm![0]).toBe(5);
  expect([...b!]).toEqual([0.3, 0.4]);
});
