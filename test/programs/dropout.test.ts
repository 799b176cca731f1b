import { expect, test } from "vitest";
import { is, type Node } from "../../src/graph/node.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { topologicalOrder } from "../../src/graph/walk.ts";
import { evaluate } from "../reference/evaluate.ts";
import { trainableOf } from "../../src/families/autoregressive.ts";
import { adamW } from "../../src/optim/optimizer.ts";
import { gradientProgram } from "../../src/programs/gradient-program.ts";
import { buildNetwork, NETWORK, type NetworkConfig } from "../../src/programs/network.ts";
import { noiseOf } from "../../src/programs/noise.ts";
import { initialParameters, vectorOf } from "../../src/programs/parameters.ts";
import { initialState } from "../../src/programs/training-state.ts";
import { openTrainingStep } from "../../src/programs/training-step.ts";
import { openSession } from "../../src/runtime/ort.ts";
import { randomLevels } from "../runtime/logits.ts";

const config: NetworkConfig = {
  model: "pixelsnail",
  modelConfig: { width: 4, blocks: 1, layers: 2, key: 2, value: 3 },
  likelihood: "bernoulli",
  levels: 2,
  size: { channels: 1, rows: 5, cols: 4 },
};
const OPTIMIZER = adamW({ rate: 1e-2, clip: 1, ema: 0.9 });
const DROPOUT = 0.5;
const SEED = 4;
const BATCH = 3;
const pictures = Float32Array.from(randomLevels(BATCH * 20, 2, 6));

const inputNames = (outputs: readonly Node[]) =>
  topologicalOrder(outputs).flatMap((node) => (is(node, "input") ? [node.attributes.name] : []));

test("only a network that is built for it has dropout, once in each gated layer; its parameters are the same", () => {
  const [plain, trained] = [buildNetwork(config, BATCH), buildNetwork(config, BATCH, { dropout: DROPOUT })];
  expect(plain.noise).toEqual([]);
  expect(inputNames([plain.nats])).toEqual(["pictures"]);
  const layers = ["layer0", "layer1", "attention.memory.mix", "attention.queries.mix", "merge"];
  const names = layers.map((layer) => `block0.${layer}.dropout`);
  expect(trained.noise.map(({ node }) => node.attributes.name)).toEqual(names);
  expect(inputNames([trained.nats]).toSorted()).toEqual([...names, "pictures"].toSorted());
  const declared = ({ declarations }: typeof plain) =>
    declarations.map(({ name, shape }) => ({ name, shape }));
  expect(declared(trained)).toEqual(declared(plain));
});

test("a model without dropout refuses it", () => {
  const other = { ...config, model: "pixelcnn", modelConfig: {} };
  expect(() => buildNetwork(other, 1, { dropout: DROPOUT })).toThrow(
    expect.objectContaining({
      code: "ARGUMENT",
      message:
        'expected a model that has dropout (pixelcnn-pp or pixelsnail) for training with dropout, received "pixelcnn"',
    }),
  );
});

test("the gradient with dropout agrees with the float64 reference", async () => {
  const network = buildNetwork(config, BATCH, { dropout: DROPOUT });
  const trainable = trainableOf(network, OPTIMIZER);
  const program = gradientProgram(trainable, trainable.parts[0]!);
  const feeds = {
    pictures,
    [vectorOf(NETWORK)]: initialParameters(network.declarations, 1),
    ...noiseOf(network.noise, BATCH, SEED)(1),
  };
  const session = await openSession(program);
  const { gradient, loss } = await session.run(feeds);
  await session.close();
  const natsPerSubPixel = program.outputs["loss"]!;
  const [wantedLoss, wantedGradient] = evaluate([natsPerSubPixel, program.outputs["gradient"]!], feeds);
  expect(loss![0]).toBeCloseTo(wantedLoss![0]!, 5);
  wantedGradient!.forEach((wanted, i) => expect(gradient![i]).toBeCloseTo(wanted, 5));
  // Something is dropped.
  const kept = network.noise.map(({ node }) => [
    node.attributes.name,
    new Float32Array(sizeOf(node.shape)).fill(1),
  ]);
  const [without] = evaluate([natsPerSubPixel], { ...feeds, ...Object.fromEntries(kept) });
  expect(Math.abs(without![0]! - wantedLoss![0]!)).toBeGreaterThan(1e-4);
});

test("steps that are taken up again are those of a training left alone, bit for bit", async () => {
  const trace = (count: number) => trainableOf(buildNetwork(config, count, { dropout: DROPOUT }), OPTIMIZER);
  const steps = async (state: ReturnType<typeof initialState>, count: number) => {
    const step = await openTrainingStep(trace, BATCH, { seed: SEED });
    for (let i = 0; i < count; i++) state = (await step.run(state, pictures)).state;
    await step.close();
    return state;
  };
  const begin = initialState(trace(1).parts, 1);
  const whole = await steps(begin, 6);
  expect(await steps(await steps(begin, 2), 4)).toEqual(whole);
  expect(whole.parts[NETWORK]!["parameters"]!.every(Number.isFinite)).toBe(true);
});
