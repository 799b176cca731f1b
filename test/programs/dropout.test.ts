import { describe, expect, test } from "vitest";
import * as g from "../../src/graph/language.ts";
import { is, type Node } from "../../src/graph/node.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { topologicalOrder } from "../../src/graph/walk.ts";
import { evaluate } from "../reference/evaluate.ts";
import { ADAM_DEFAULTS } from "../../src/optim/adam.ts";
import { dropoutMasks } from "../../src/programs/dropout.ts";
import { gradientProgram } from "../../src/programs/gradient-program.ts";
import { buildNetwork, type NetworkConfig } from "../../src/programs/network.ts";
import { initialParameters } from "../../src/programs/parameters.ts";
import { initialState, openTrainingStep } from "../../src/programs/training-step.ts";
import { openSession } from "../../src/runtime/ort.ts";
import { randomLevels } from "../runtime/logits.ts";

describe("masks", () => {
  const inputs = [g.input("a", [1, 50, 40, 1]), g.input("b", [1, 11])] as Node<"input">[];
  const ofRate = (rate: number, seed = 1) => dropoutMasks(inputs, 20, { rate, seed });

  test.each([0.1, 0.5, 0.75, 0.999])("of rate %f drop as many, and keep the mean", (rate) => {
    const { a, b } = ofRate(rate)(1);
    expect([a!.length, b!.length]).toEqual([40_000, 220]);
    const dropped = a!.filter((value) => value === 0).length / a!.length;
    expect(Math.abs(dropped - rate)).toBeLessThan(0.012);
    const kept = new Set(a!.filter((value) => value !== 0));
    expect(kept.size).toBe(1);
    // To the nearest 1/256, and exactly the inverse of what is kept.
    const share = 1 / [...kept][0]!;
    expect(256 * share).toBeCloseTo(Math.max(Math.round(256 * (1 - rate)), 1), 4);
    const mean = a!.reduce((total, value) => total + value, 0) / a!.length;
    expect(Math.abs(mean - 1)).toBeLessThan(0.2 * Math.sqrt(rate / (1 - rate)));
  });

  test("are the same for the same seed and step, and differ for others, and from each other", () => {
    const copy = (rate: number, seed: number, step: number) =>
      Object.values(ofRate(rate, seed)(step)).map((mask) => mask.slice());
    const [a, b] = copy(0.5, 1, 7);
    expect(copy(0.5, 1, 7)).toEqual([a, b]);
    const others = [copy(0.5, 1, 8), copy(0.5, 2, 7)].map(([other]) => other!);
    for (const other of [...others, a!.subarray(1), a!.subarray(220)]) {
      const same = other.filter((value, i) => value === a![i]).length / other.length;
      expect(Math.abs(same - 0.5)).toBeLessThan(0.02);
    }
    expect(b!.filter((value, i) => value === a![i]).length).toBeLessThan(0.65 * b!.length);
  });

  test("do not repeat within one", () => {
    const { a } = ofRate(0.5)(3);
    for (const distance of [2, 3, 4, 5, 8, 64, 256, 1024, 4096]) {
      const same = a!.subarray(distance).filter((value, i) => value === a![i]).length;
      expect(Math.abs(same / (a!.length - distance) - 0.5)).toBeLessThan(0.02);
    }
  });
});

const config: NetworkConfig = {
  model: "pixelsnail",
  modelConfig: { width: 4, blocks: 1, layers: 2, key: 2, value: 3 },
  likelihood: "bernoulli",
  levels: 2,
  size: { channels: 1, rows: 5, cols: 4 },
};
const OPTIMIZER = { ...ADAM_DEFAULTS, clip: 1, ema: 0.9 };
const DROPOUT = { rate: 0.5, seed: 4 };
const BATCH = 3;
const pictures = Float32Array.from(randomLevels(BATCH * 20, 2, 6));

const inputNames = (outputs: readonly Node[]) =>
  topologicalOrder(outputs).flatMap((node) => (is(node, "input") ? [node.attributes.name] : []));

test("only a network that is built for it has dropout, once in each gated layer; its parameters are the same", () => {
  const [plain, trained] = [buildNetwork(config, BATCH), buildNetwork(config, BATCH, { dropout: true })];
  expect(plain.dropout).toEqual([]);
  expect(inputNames([plain.nats])).toEqual(["pictures"]);
  const layers = ["layer0", "layer1", "attention.memory.mix", "attention.queries.mix", "merge"];
  const names = layers.map((layer) => `block0.${layer}.dropout`);
  expect(trained.dropout.map(({ attributes }) => attributes.name)).toEqual(names);
  expect(inputNames([trained.nats]).toSorted()).toEqual([...names, "pictures"].toSorted());
  const declared = ({ declarations }: typeof plain) =>
    declarations.map(({ name, shape }) => ({ name, shape }));
  expect(declared(trained)).toEqual(declared(plain));
});

test("a model without dropout refuses it", () => {
  const other = { ...config, model: "pixelcnn", modelConfig: {} };
  expect(() => buildNetwork(other, 1, { dropout: true })).toThrow(
    expect.objectContaining({
      code: "ARGUMENT",
      message:
        'expected a model that has dropout (pixelcnn-pp or pixelsnail) for training with dropout, received "pixelcnn"',
    }),
  );
});

test("the gradient with dropout agrees with the float64 reference", async () => {
  const network = buildNetwork(config, BATCH, { dropout: true });
  const program = gradientProgram(network);
  const feeds = {
    pictures,
    parameters: initialParameters(network.declarations, 1),
    ...dropoutMasks(network.dropout, BATCH, DROPOUT)(1),
  };
  const session = await openSession(program);
  const { gradient, natsPerSubPixel } = await session.run(feeds);
  await session.close();
  const loss = program.outputs["natsPerSubPixel"]!;
  const [wantedLoss, wantedGradient] = evaluate([loss, program.outputs["gradient"]!], feeds);
  expect(natsPerSubPixel![0]).toBeCloseTo(wantedLoss![0]!, 5);
  wantedGradient!.forEach((wanted, i) => expect(gradient![i]).toBeCloseTo(wanted, 5));
  // Something is dropped.
  const kept = network.dropout.map(({ attributes: { name }, shape }) => [
    name,
    new Float32Array(sizeOf(shape)).fill(1),
  ]);
  const [without] = evaluate([loss], { ...feeds, ...Object.fromEntries(kept) });
  expect(Math.abs(without![0]! - wantedLoss![0]!)).toBeGreaterThan(1e-4);
});

test("steps that are taken up again are those of a training left alone, bit for bit", async () => {
  const build = (count: number) => buildNetwork(config, count, { dropout: true });
  const steps = async (state: ReturnType<typeof initialState>, count: number) => {
    const step = await openTrainingStep(build, BATCH, { ...OPTIMIZER, dropout: DROPOUT });
    for (let i = 0; i < count; i++) state = (await step.run(state, pictures, 1e-2)).state;
    await step.close();
    return state;
  };
  const begin = initialState(initialParameters(build(1).declarations, 1));
  const whole = await steps(begin, 6);
  expect(await steps(await steps(begin, 2), 4)).toEqual(whole);
  expect(whole.parameters.every(Number.isFinite)).toBe(true);
});
