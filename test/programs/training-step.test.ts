import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { gatedStack } from "../../bench/gated-stack.ts";
import { philox4x32 } from "../../src/basics/philox.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import * as g from "../../src/graph/language.ts";
import type { Program } from "../../src/lower/onnx/lower.ts";
import { evaluate } from "../reference/evaluate.ts";
import { trainableOf } from "../../src/families/autoregressive.ts";
import { adamW, muonAndAdamW, scheduleFreeAdamW } from "../../src/optim/optimizer.ts";
import { gradientProgram } from "../../src/programs/gradient-program.ts";
import {
  buildNetwork,
  NETWORK,
  networkOf,
  type Network,
  type NetworkConfig,
} from "../../src/programs/network.ts";
import { initialParameters, parameterCount, vectorOf } from "../../src/programs/parameters.ts";
import type { Trainable } from "../../src/programs/trainable.ts";
import { initialState, type TrainingState } from "../../src/programs/training-state.ts";
import { singles } from "../../src/programs/shares.ts";
import { openTrainingStep, type TrainingStepOptions } from "../../src/programs/training-step.ts";
import { scheduledAt, updateProgram, vectorsOf } from "../../src/programs/update-program.ts";
import { openSession, type SessionOptions } from "../../src/runtime/ort.ts";
import { constantly } from "../../src/nn/initialisers.ts";
import { Scope } from "../../src/nn/scope.ts";
import type { Node } from "../../src/graph/node.ts";
import { randomNumbers } from "../graph/primitive-cases.ts";
import { classFeeds, labelsInTurn, TINY_NETWORKS } from "./tiny.ts";

const OPTIMIZER = adamW({ rate: 1e-2, clip: 0.05, ema: 0.9 });
const parametersOf = ({ parts }: TrainingState) => parts[NETWORK]!["parameters"]!;

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

const tiny: { name: string; network: Network }[] = TINY_NETWORKS.map(({ name, config }) => ({
  name,
  // Of two pictures with one likelihood only, which is enough to see that they are added.
  network: buildNetwork(config, config.likelihood === "categorical" ? 2 : 1),
}));
const ofWholeBlocks: { name: string; network: Network }[] = [
  { name: "pixelcnn", network: buildNetwork(wide, 2) },
  { name: "pixelcnn-pp", network: buildNetwork(strided, 2) },
  { name: "gated stack", network: networkOf(gated, 2, gatedStack({ width: 16, depth: 2, head: 16 })) },
];

const levelsOf = ({ levels, picture }: Network) =>
  Float32Array.from(
    { length: sizeOf(picture.shape) },
    (_, i) => philox4x32([i, 0, 0, 0], [9, 0])[0] % levels,
  );

/** What a program gives with each of these options, and what the float64 reference does, agree within 2e-5. */
async function expectAgreement(
  program: Program,
  feeds: Record<string, Float32Array>,
  allOptions: readonly SessionOptions[] = [{}],
): Promise<void> {
  const wanted = evaluate(Object.values(program.outputs), feeds);
  for (const options of allOptions) {
    const session = await openSession(program, options);
    const received = await session.run(feeds);
    await session.close();
    Object.keys(program.outputs).forEach((name, output) => {
      wanted[output]!.forEach((value, i) => {
        const difference = Math.abs(received[name]![i]! - value);
        expect(difference, `${name}[${i}], ${JSON.stringify(options)}`).toBeLessThan(
          2e-5 * Math.max(1, Math.abs(value)),
        );
      });
    });
  }
}

const expectGradients = (network: Network, options?: readonly SessionOptions[]) => {
  const feeds = {
    pictures: levelsOf(network),
    ...classFeeds(network, labelsInTurn(network, network.picture.shape[0]!)),
    [vectorOf(NETWORK)]: initialParameters(network.declarations, 1),
  };
  const trainable = trainableOf(network, OPTIMIZER);
  return expectAgreement(gradientProgram(trainable, trainable.parts[0]!), feeds, options);
};

describe("the gradient agrees with the float64 reference within 2e-5", () => {
  // Their channels are too few for blocks: the programs are the same without.
  test.each(tiny)("of $name", ({ network }) => expectGradients(network));

  test.each(ofWholeBlocks)("of $name, in blocks of channels and without", ({ network }) =>
    expectGradients(network, [{ blocked: true }, { blocked: false }]),
  );
});

describe("the update agrees with the float64 reference within 2e-5", () => {
  const network = buildNetwork(wide, 1);
  test.each([
    ["Adam", OPTIMIZER],
    ["Muon", muonAndAdamW({ rate: 1e-2, clip: 0.05, ema: 0.9, weightDecay: 0.1 })],
    ["schedule-free", scheduleFreeAdamW({ rate: 1e-2, clip: 0.05 })],
  ])("of %s", async (_, optimizer) => {
    const part = trainableOf(network, optimizer).parts[0]!;
    const count = parameterCount(part.declarations);
    const numbers = (seed: number, scale: number) =>
      Float32Array.from(randomNumbers(count, seed), (v) => scale * v);
    const vectors = vectorsOf(optimizer).map((name, i) => {
      const values = numbers(i + 1, name.startsWith("adam") ? 1e-3 : 1);
      return [name, name === "adam.v" ? values.map(Math.abs) : values] as const;
    });
    await expectAgreement(updateProgram(part, singles({ start: 0, end: 2 })), {
      ...Object.fromEntries(vectors),
      "gradient 0": numbers(8, 1),
      "gradient 1": numbers(9, 1),
      schedule: scheduledAt(optimizer, 3),
    });
  });
});

const traceWide = (pictures: number) =>
  trainableOf(buildNetwork(wide, pictures), adamW({ rate: 1e-2, clip: 1, ema: 0.9 }));

test("steps on one batch lower its loss, and the same steps give the same bits", async () => {
  const step = await openTrainingStep(traceWide, 4);
  const { parts } = traceWide(4);
  const pictures = levelsOf(buildNetwork(wide, 4));
  const train = async () => {
    let state = initialState(parts, 1);
    const losses: number[] = [];
    for (let i = 0; i < 60; i++) {
      const result = await step.run(state, pictures);
      state = result.state;
      losses.push(result.figures["nats"]!);
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
  const snail: NetworkConfig = {
    ...wide,
    model: "pixelsnail",
    modelConfig: { width: 4, blocks: 1, layers: 2, key: 2, value: 3 },
    classes: ["a", "b", "c"].map((name) => ({ name, pictures: 1 })),
  };
  const build = (pictures: number) => buildNetwork(snail, pictures, { dropout: 0.5 });
  const whole = build(5);
  const trace = (pictures: number) => trainableOf(build(pictures), OPTIMIZER);
  const begin = initialState(trace(1).parts, 1);
  const stepWith = async (options: TrainingStepOptions) => {
    const step = await openTrainingStep(trace, 5, { seed: 4, ...options });
    const result = await step.run(begin, levelsOf(whole), labelsInTurn(whole, 5));
    await step.close();
    return result;
  };

  test.each([2, 3, 5, 9])("of unlike sizes too, %i of 5 pictures, make the same step", async (shares) => {
    const [one, several] = [await stepWith({ shares: 1 }), await stepWith({ shares })];
    expect(several.figures["nats"]).toBeCloseTo(one.figures["nats"]!, 4);
    expect(several.gradientNorms[NETWORK]).toBeCloseTo(one.gradientNorms[NETWORK]!, 5);
    // Its size, 1e-2, is that of Adam's first step.
    const difference = parametersOf(one.state).map((value, i) =>
      Math.abs(value - parametersOf(several.state)[i]!),
    );
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
      import { autoregressive } from "./dist/families/autoregressive.js";
      const config = ${JSON.stringify(wide)};
      const settings = { steps: 9, lr: 1, warmup: 0, decay: 1, clip: 1, ema: 0.9 };
      await openTrainingStep((count) => autoregressive.trainable(config, count, settings), 2, { shares: 2 });`;
    const { stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", open], {
      timeout: 30_000,
    });
    expect(stderr).toBe("");
  });
});

/**
 * Two parts that pull at each other, as generator and discriminator do: the loss of each reads the other's parameter,
 * and noise. a wants to be b + 1, b wants to be a / 2.
 */
function twoParts(batch: number): Trainable {
  const picture = g.input("pictures", [batch, 1, 1, 1]);
  const scope = (name: string) => Scope.root({ path: name });
  const [ofA, ofB] = [scope("a"), scope("b")];
  const a = ofA.parameter("value", [1, 1, 1, 1], constantly(3));
  const b = ofB.parameter("value", [1, 1, 1, 1], constantly(5));
  const noise = g.mul(ofA.noise("noise", [batch, 1, 1, 1], "normal"), 1e-3);
  const gap = (x: Node, to: Node) => {
    const difference = g.sub(g.add(x, noise), to);
    return g.mul(difference, difference);
  };
  const part = (name: string, of: Scope, node: Node) => ({
    name,
    declarations: of.declarations,
    loss: g.mean(node),
    optimizer: adamW({ rate: 0.05, clip: 10, ema: 0.9 }),
    figures: [
      { name: `${name}Gap`, label: `${name}'s gap`, decimals: 3, lowerIsBetter: true, node, scale: 1 },
    ],
  });
  const parts = [part("a", ofA, gap(a, g.add(b, 1))), part("b", ofB, gap(b, g.mul(a, 0.5)))];
  return { picture, classes: undefined, noise: ofA.noiseInputs, parts };
}

describe("a model of two parts", () => {
  const pictures = new Float32Array(4);
  const train = async (from: TrainingState, steps: number, options?: TrainingStepOptions) => {
    const step = await openTrainingStep(twoParts, 4, { seed: 2, ...options });
    let [state, figures] = [from, {} as Readonly<Record<string, number>>];
    for (let i = 0; i < steps; i++) ({ state, figures } = await step.run(state, pictures));
    await step.close();
    return { state, figures };
  };
  const begin = initialState(twoParts(1).parts, 0);
  const values = ({ parts }: TrainingState) => [
    parts["a"]!["parameters"]![0]!,
    parts["b"]!["parameters"]![0]!,
  ];

  test("moves each part by its own loss alone, and comes to rest where both do", async () => {
    const { state, figures } = await train(begin, 400);
    const [a, b] = values(state);
    expect(a).toBeCloseTo(2, 1);
    expect(b).toBeCloseTo(1, 1);
    expect(Object.keys(figures)).toEqual(["aGap", "bGap"]);
    for (const gap of Object.values(figures)) expect(gap).toBeLessThan(0.02);
  });

  test("shows a part what the parts before it have become in the same step", async () => {
    // Of Adam's first step: a goes up by its rate, and b sees the new a. Its gradient, 2 (b - a / 2), tells which a.
    const step = await openTrainingStep(twoParts, 4, { seed: 2 });
    const { state, gradientNorms } = await step.run(begin, pictures);
    await step.close();
    const [a] = values(state);
    expect(a).toBeCloseTo(3.05, 3);
    expect(gradientNorms["b"]).toBeCloseTo(2 * (5 - a! / 2), 2);
    expect(Math.abs(gradientNorms["b"]! - 2 * (5 - 3 / 2))).toBeGreaterThan(0.03);
  });

  test("goes on, in any number of shares, to the same bits as without a stop", async () => {
    for (const shares of [1, 3]) {
      const whole = await train(begin, 6, { shares });
      const half = await train(begin, 2, { shares });
      expect(await train(half.state, 4, { shares })).toEqual(whole);
    }
  });

  test("reports a loss that is no number any more", async () => {
    const step = await openTrainingStep(twoParts, 4, { seed: 2 });
    const broken = {
      ...begin,
      parts: { ...begin.parts, b: { ...begin.parts["b"], parameters: Float32Array.of(NaN) } },
    };
    expect((await step.run(begin, pictures)).isFinite).toBe(true);
    expect((await step.run(broken as TrainingState, pictures)).isFinite).toBe(false);
    await step.close();
  });
});
