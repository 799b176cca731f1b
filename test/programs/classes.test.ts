import { describe, expect, test } from "vitest";
import { add, conv, relu, shift } from "../../src/graph/language.ts";
import { zeros } from "../../src/nn/initialisers.ts";
import { openForward } from "../../src/programs/forward.ts";
import { buildNetwork, NETWORK, networkOf, type BuildLogits } from "../../src/programs/network.ts";
import { initialParameters } from "../../src/programs/parameters.ts";
import { stepProgram } from "../../src/programs/step-program.ts";
import { randomLevels, randomWeights } from "../runtime/logits.ts";
import { TINY_NETWORKS } from "./tiny.ts";

const CONDITIONAL = TINY_NETWORKS.filter(({ config }) => config.classes);
const MODELS = new Set(TINY_NETWORKS.map(({ config }) => config.model));

test("every model is tested with classes", () => {
  expect(new Set(CONDITIONAL.map(({ config }) => config.model))).toEqual(MODELS);
});

describe.each(CONDITIONAL)("the classes of $name", ({ config }) => {
  const classes = config.classes!.length;
  const network = buildNetwork(config, classes);
  const one = randomLevels(
    network.picture.shape.slice(1).reduce((a, b) => a * b),
    config.levels,
    4,
  );
  /** The logits of the same picture, once for each of these classes. */
  const logitsOf = async (labels: readonly number[] | undefined, weights: Float32Array) => {
    const used = labels ? network : buildNetwork({ ...config, classes: undefined }, classes);
    const forward = await openForward(used, [used.logits], { [NETWORK]: weights });
    const [logits] = await forward.run(
      Float32Array.from({ length: classes * one.length }, (_, i) => one[i % one.length]!),
      { labels },
    );
    await forward.close();
    const length = logits!.length / classes;
    return Array.from({ length: classes }, (_, i) => logits!.slice(i * length, (i + 1) * length));
  };

  test("change the predictions of every pixel, the first too", async () => {
    const [, outputs, rows, cols] = network.logits.shape as [number, number, number, number];
    const pixels = rows * cols;
    const labels = Array.from({ length: classes }, (_, k) => k);
    const changed = new Set<string>();
    // Several sets of weights, for one alone may hide a class behind a ReLU.
    for (const seed of [1, 2, 3, 4]) {
      const weights = randomWeights(network.declarations, seed);
      const perClass = await logitsOf(labels, weights);
      for (let k = 1; k < classes; k++)
        for (let i = 0; i < outputs * pixels; i++) {
          if (perClass[k]![i] !== perClass[0]![i]) changed.add(`${k} ${i % pixels}`);
        }
      // It is the picture's own class that counts, not that of its neighbour in the batch.
      const turned = await logitsOf([...labels.slice(1), 0], weights);
      expect(turned).toEqual([...perClass.slice(1), perClass[0]]);
    }
    expect(changed.size).toBe((classes - 1) * pixels);
  });

  test("make no difference before training: the network without them has the same first weights", async () => {
    const without = buildNetwork({ ...config, classes: undefined }, classes);
    const names = new Set(without.declarations.map(({ name }) => name));
    expect(network.declarations.filter(({ name }) => names.has(name)).map(({ name }) => name)).toEqual([
      ...names,
    ]);
    const wanted = await logitsOf(undefined, initialParameters(without.declarations, 5));
    const labels = Array.from({ length: classes }, (_, k) => k);
    const received = await logitsOf(labels, initialParameters(network.declarations, 5));
    received.forEach((logits, k) =>
      logits.forEach((value, i) => expect(value).toBeCloseTo(wanted[k]![i]!, 5)),
    );
  });
});

test("labels that a network needs are missed", async () => {
  const network = buildNetwork(CONDITIONAL[0]!.config, 1);
  const forward = await openForward(network, [network.logits], {
    [NETWORK]: randomWeights(network.declarations, 1),
  });
  await expect(forward.run(new Float32Array(30))).rejects.toThrow(
    "expected 3 numbers for classes, received undefined",
  );
  await forward.close();
});

test("what a network does with classes before they meet the picture cannot be drawn with, unless it is a bias", () => {
  const traced = (build: BuildLogits) =>
    networkOf(
      {
        likelihood: "bernoulli",
        levels: 2,
        size: { channels: 1, rows: 3, cols: 3 },
        classes: [{ name: "a", pictures: 1 }],
      },
      1,
      build,
    );
  const biasOf: BuildLogits = (scope, _, __, classes) =>
    conv(classes!, scope.parameter("weight", [1, 1, 1, 1], zeros), { name: "bias" });
  const program = (build: BuildLogits) => () =>
    stepProgram(traced(build), new Float32Array(1), { known: false });
  expect(program((scope, x, ...rest) => add(shift(x, 0, 1), biasOf(scope, x, ...rest)))).not.toThrow();
  expect(program((scope, x, ...rest) => add(shift(x, 0, 1), relu(biasOf(scope, x, ...rest))))).toThrow(
    expect.objectContaining({ code: "SCHEDULE" }),
  );
});
