import { describe, expect, test } from "vitest";
import * as g from "../../src/graph/language.ts";
import type { Node } from "../../src/graph/node.ts";
import { zeros } from "../../src/nn/initialisers.ts";
import { Scope } from "../../src/nn/scope.ts";
import { familyOf } from "../../src/families/by-name.ts";
import { modelByName, settingsOf } from "../../src/models/by-name.ts";
import { hiddenMatrices } from "../../src/programs/hidden-matrices.ts";
import type { NetworkConfig } from "../../src/programs/network.ts";
import { placed } from "../../src/programs/parameters.ts";
import type { TrainablePart } from "../../src/programs/trainable.ts";
import { sizeOf } from "../../src/graph/shapes.ts";

const SETTINGS = { steps: 10, lr: 0.01, warmup: 0, decay: 1, clip: 1, ema: 0.9 } as const;

function partsOf(model: string): readonly TrainablePart[] {
  const family = familyOf({ model });
  const config: NetworkConfig = {
    model,
    modelConfig: modelByName(model).defaults,
    settings: settingsOf(model, {}),
    likelihood: family.hasLikelihood ? "categorical" : undefined,
    levels: 3,
    size: { channels: 1, rows: 8, cols: 8 },
    classes: [
      { name: "a", pictures: 1 },
      { name: "b", pictures: 1 },
    ],
  };
  return family.trainable(config, 2, SETTINGS).parts;
}

/** The names of what could be a matrix, and is none of a hidden layer; of layers that repeat the first alone. */
function othersOf(part: TrainablePart): string[] {
  const starts = new Set(hiddenMatrices(part).map(({ start }) => start));
  return placed(part.declarations)
    .filter(({ start, shape }) => !starts.has(start) && shape[0]! > 1 && sizeOf(shape) > shape[0]!)
    .map(({ name }) => name)
    .filter((name) => !name.includes("class"));
}

describe("hidden layers are all but the first and the last, and those of classes", () => {
  test.each([
    ["pixelcnn", ["first.weight", "logits.weight"]],
    ["gated-pixelcnn", ["first.vertical.weight", "first.horizontal.weight", "logits.weight"]],
    ["pixelcnn-pp", ["first.u.v", "first.ul.above.v", "first.ul.left.v", "logits.v"]],
    ["pixelsnail", ["first.above.v", "first.left.v", "logits.v"]],
    ["row-lstm", ["first.weight", "logits.weight"]],
    ["diagonal-bilstm", ["first.weight", "logits.weight"]],
    // What gives the parameters of a distribution is a last layer too.
    [
      "vae",
      ["encoder.resolution1.half.weight", "decoder.posterior.weight", "decoder.resolution1.double.weight"],
    ],
  ])("of %s", (model, wanted) => {
    expect(othersOf(partsOf(model)[0]!)).toEqual(wanted);
  });

  test("of a GAN, whose discriminator's loss has gradients in it", () => {
    const [discriminator, generator] = partsOf("gan");
    expect(othersOf(discriminator!)).toEqual(["discriminator.score.weight"]);
    expect(othersOf(generator!)).toEqual(["generator.latents.weight"]);
  });

  test("and none is one of classes", () => {
    for (const part of partsOf("gated-pixelcnn")) {
      const starts = new Set(hiddenMatrices(part).map(({ start }) => start));
      const ofClasses = placed(part.declarations).filter(({ name }) => name.includes("class"));
      expect(ofClasses.length).toBeGreaterThan(0);
      for (const { start } of ofClasses) expect(starts.has(start)).toBe(false);
    }
  });
});

test("a matrix has the outputs of a convolution as rows, and its place in the vector", () => {
  const scope = Scope.root();
  const x = g.input("pictures", [2, 3, 4, 4]);
  const weights = ["first", "middle", "last"].map((name, i) =>
    scope.parameter(name, [5, i === 0 ? 3 : 5, 2, 3], zeros),
  );
  const loss = g.mean(weights.reduce<Node>((at, w) => g.conv(at, w, { pad: { top: 1, left: 2 } }), x));
  expect(hiddenMatrices({ declarations: scope.declarations, loss })).toEqual([
    { start: 90, end: 240, rows: 5, cols: 30 },
  ]);
});
