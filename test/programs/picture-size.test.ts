import { describe, expect, test } from "vitest";
import { gatedStack } from "../../bench/gated-stack.ts";
import { add, concat, constant, conv, mul, shift, slice } from "../../src/graph/language.ts";
import { named, type Node } from "../../src/graph/node.ts";
import { evaluate } from "../reference/evaluate.ts";
import { zeros } from "../../src/nn/initialisers.ts";
import {
  buildNetwork,
  NETWORK,
  networkOf,
  type BuildLogits,
  type NetworkConfig,
} from "../../src/programs/network.ts";
import { packParameters, vectorOf } from "../../src/programs/parameters.ts";
import { checkAnySize } from "../../src/programs/picture-size.ts";
import { stepProgram } from "../../src/programs/step-program.ts";
import { sample } from "../../src/tasks/sample.ts";
import { draw, samplerOf } from "../runtime/drawing.ts";
import { expectClose, logitsRowByRow, randomLevels, randomWeights } from "../runtime/logits.ts";

const SQUARE = { rows: 8, cols: 8 };
const WIDE = { rows: 4, cols: 12 };

const PIXELCNN = { model: "pixelcnn", modelConfig: { width: 3, depth: 2, head: 6 } };
/** Its weights are computed from others, and it has fields of fewer rows and columns. */
const PIXELCNN_PP = { model: "pixelcnn-pp", modelConfig: { width: 3, layers: 1, resolutions: 3 } };

const configOf = (
  model: Pick<NetworkConfig, "model" | "modelConfig">,
  channels: number,
  size: { rows: number; cols: number },
): NetworkConfig => ({
  ...model,
  likelihood: "categorical",
  levels: 3,
  size: { channels, ...size },
});

describe.each([
  { ...PIXELCNN, channels: 1 },
  { ...PIXELCNN, channels: 3 },
  { ...PIXELCNN_PP, channels: 1 },
])("$model of 8x8 pictures with $channels channel(s), drawing 12x4 ones,", ({ channels, ...model }) => {
  const config = configOf(model, channels, SQUARE);
  const small = buildNetwork(config, 1);
  const wide = buildNetwork(configOf(model, channels, WIDE), 1);
  const weights = randomWeights(small.declarations, 4);

  test("is accepted", () => {
    expect(() => checkAnySize(small, wide)).not.toThrow();
  });

  test("has the logits of the network traced for 12x4", async () => {
    const levels = randomLevels(channels * WIDE.rows * WIDE.cols, config.levels, 2);
    const known = stepProgram(wide, weights, { known: true });
    const [logits] = packParameters([wide.logits], wide.parts);
    const [wanted] = evaluate([logits!], { [vectorOf(NETWORK)]: weights, pictures: levels });
    expectClose(await logitsRowByRow(known, levels, WIDE.rows, 1), wanted!, 4e-6);
  });

  test("draws what that network draws", async () => {
    const data = { train: "", valid: 0.1, gray: true, resize: null, skipBad: false };
    const drawn = await sample(
      { config, data, step: 0, weights: { [NETWORK]: weights } },
      { count: 5, seed: 8, size: WIDE, workers: 1 },
    );
    expect(drawn.size).toEqual({ channels, ...WIDE });
    const wanted = await draw(samplerOf(wide, weights), wide, { seed: 8, count: 5 });
    expect(drawn).toMatchObject(wanted);
  });
});

describe("a network that", () => {
  const traced = (build: BuildLogits, size: { rows: number; cols: number }) =>
    networkOf({ likelihood: "bernoulli", levels: 2, size: { channels: 1, ...size } }, 1, build);
  const check =
    (build: BuildLogits, from = SQUARE, to = WIDE) =>
    () =>
      checkAnySize(traced(build, from), traced(build, to));

  /** A number for each position, or for each row or column. */
  const positions = (x: Node, along: "both" | "rows" | "cols" = "both"): Node => {
    const rows = along === "cols" ? 1 : x.shape[2]!;
    const cols = along === "rows" ? 1 : x.shape[3]!;
    return constant(
      Array.from({ length: rows * cols }, (_, i) => i / 10),
      [1, 1, rows, cols],
    );
  };
  const refusal = (at: string, from = "8x8", to = "12x4") =>
    expect.objectContaining({
      code: "ARGUMENT",
      message:
        `expected ${from}, because the network knows where in the picture a pixel is (at ${at}), ` +
        `for the size of its pictures, received "${to}"`,
    });

  test("adds a number for each position is refused", () => {
    expect(check((_, x) => add(shift(x, 0, 1), named(positions(x), "coordinates")))).toThrow(
      refusal("coordinates"),
    );
    expect(check((_, x) => named(add(shift(x, 0, 1), positions(x, "rows")), "sum"))).toThrow(refusal("sum"));
    expect(check((_, x) => mul(positions(x, "cols"), shift(x, 0, 1)))).toThrow(refusal("mul"));
  });

  test("has channels that tell the position is refused", () => {
    const build: BuildLogits = (_, x) => {
      const together = named(concat([shift(x, 0, 1), positions(x)], 1), "together");
      return add(slice(together, 1, 0, 1), slice(together, 1, 1, 2));
    };
    expect(check(build)).toThrow(refusal("together"));
  });

  test("has a weight for each position is refused", () => {
    const build: BuildLogits = (scope, x) =>
      add(shift(x, 0, 1), scope.at("places").parameter("weight", [1, 1, x.shape[2]!, x.shape[3]!], zeros));
    expect(check(build)).toThrow(refusal("places.weight"));
    const each: BuildLogits = (scope, x) =>
      add(shift(x, 0, 1), scope.at("columns").parameter("weight", [x.shape[3]!], zeros));
    expect(check(each)).toThrow(refusal("columns.weight"));
  });

  test("has a number for each row is refused, even if it was traced for one row", () => {
    const build: BuildLogits = (_, x) => add(shift(x, 0, 1), named(positions(x, "rows"), "rows"));
    const strip = { rows: 1, cols: 8 };
    expect(check(build, strip, WIDE)).toThrow(refusal("rows", "8x1"));
  });

  test("has constants and parameters for channels alone, and kernels, is accepted", () => {
    const build: BuildLogits = (_, x) =>
      conv(mul(shift(x, 1, 0), constant([0.5], [1, 1, 1, 1])), constant([1, 2, 3, 4, 5, 6], [1, 1, 2, 3]), {
        pad: { top: 1, left: 1, right: 1 },
      });
    expect(check(build)).not.toThrow();
    expect(check(gatedStack({ width: 4, depth: 1, head: 3 }))).not.toThrow();
  });
});
