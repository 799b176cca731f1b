import { describe, expect, test } from "vitest";
import { gatedStack } from "../../bench/gated-stack.ts";
import * as g from "../../src/graph/language.ts";
import { is, type Node } from "../../src/graph/node.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { rewriteGraph, topologicalOrder } from "../../src/graph/walk.ts";
import type { Instruction, StepProgram } from "../../src/lower/step/program.ts";
import { timesOfNodes } from "../../src/lower/step/times.ts";
import { buildNetwork, networkOf, type Network } from "../../src/programs/network.ts";
import { samplerProgram, stepProgram } from "../../src/programs/step-program.ts";
import { bytesOfDrawer, openDrawer } from "../../src/runtime/step/draw.ts";
import { TINY_NETWORKS } from "../programs/tiny.ts";
import {
  expectSameBits,
  logitsPixelByPixel,
  logitsRowByRow,
  randomLevels,
  randomWeights,
} from "../runtime/logits.ts";

const grey = (rows: number, cols: number) => ({ channels: 1, rows, cols });

const gated = networkOf(
  { likelihood: "bernoulli", levels: 2, size: grey(8, 9) },
  1,
  gatedStack({ width: 6, depth: 2, head: 5 }),
);

const pixelcnn = (channels: number, rows: number, cols: number): Network =>
  buildNetwork(
    {
      model: "pixelcnn",
      modelConfig: { width: 3, depth: 2, head: 6 },
      likelihood: "categorical",
      levels: 3,
      size: { channels, rows, cols },
    },
    1,
  );

/** When the channels of nodes are computed, by the nodes' names. */
function timesByName(network: Network, known: boolean): Readonly<Record<string, number[]>> {
  const [logits] = rewriteGraph([network.logits], (node) =>
    is(node, "parameter") ? g.constant(new Float64Array(sizeOf(node.shape)), node.shape) : node,
  );
  const times = timesOfNodes(logits!, network.picture, known);
  const named = topologicalOrder([logits!]).filter(({ name }) => name !== undefined);
  const perChannel = (node: Node) => {
    const list = times.get(node)!;
    return Array.from({ length: node.shape[1]! }, (_, channel) => list[list.length === 1 ? 0 : channel]!);
  };
  return Object.fromEntries(named.map((node) => [node.name!, perChannel(node)]));
}

type Convolution = Extract<Instruction, { kernel: "convolution" }>;

const convolutionsOf = (program: StepProgram): Convolution[] =>
  program.instructions.flat().filter((one): one is Convolution => one.kernel === "convolution");

const programOf = (network: Network, known = false) =>
  stepProgram(network, randomWeights(network.declarations, 1), { known });

describe("when nodes are computed", () => {
  test("the vertical stack of a gated network with the row, the horizontal one with the pixel", () => {
    const times = timesByName(gated, false);
    const only = (...names: string[]) => [...new Set(names.flatMap((name) => times[name]!))];
    expect(only("vertical", "block0.vertical", "block1.vertical", "block0.link", "block1.link")).toEqual([0]);
    expect(only("horizontal", "block0.horizontal", "block0.out", "block1.horizontal", "logits")).toEqual([1]);
    expect(only("scaled picture")).toEqual([2]);
  });

  test("the layers of PixelCNN colour by colour", () => {
    const times = timesByName(pixelcnn(3, 8, 8), false);
    expect(times["pictures"]).toEqual([2, 3, 4]);
    expect(times["first"]).toEqual([1, 1, 2, 2, 3, 3]);
    expect(times["block1.spatial"]).toEqual([1, 2, 3]);
    expect(times["logits"]).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3]);
  });

  test("all with the row if the picture is known", () => {
    for (const network of [gated, pixelcnn(3, 8, 8)]) {
      expect([...new Set(Object.values(timesByName(network, true)).flat())]).toEqual([0]);
      expect(programOf(network, true).instructions.slice(1).flat()).toEqual([]);
    }
  });
});

describe("what is remembered", () => {
  test("rows and columns as far as readers reach", () => {
    const program = programOf(gated);
    const readBy = (taps: number) => [
      ...new Set(
        convolutionsOf(program)
          .filter((one) => one.taps.length === taps)
          .flatMap((one) => one.taps.map(({ field }) => field)),
      ),
    ];
    const sizes = (fields: readonly number[]) =>
      fields.map((field) => {
        const { depth, left, right, isRow } = program.fields[field]!;
        return { depth, left, right, isRow };
      });
    // The kernels of the vertical stack's first layer and of its blocks, then those of the horizontal stack.
    expect(sizes(readBy(21))).toEqual([{ depth: 3, left: 3, right: 3, isRow: true }]);
    const ofBlock = { depth: 2, left: 1, right: 1, isRow: true };
    expect(sizes(readBy(6))).toEqual([ofBlock, ofBlock]);
    expect(sizes(readBy(3))).toEqual([{ depth: 1, left: 2, right: 0, isRow: true }]);
    const beside = { depth: 1, left: 1, right: 0, isRow: true };
    expect(sizes(readBy(2))).toEqual([beside, beside]);
    const scaled = program.instructions
      .flat()
      .filter((one) => one.kernel === "pointwise")
      .find(({ operation }) => operation === "sub")!;
    expect(sizes([scaled.out.field])).toEqual([{ depth: 2, left: 1, right: 0, isRow: true }]);
    // Of the rest, this row or this pixel.
    expect(program.fields.filter(({ depth }) => depth > 1).length).toBe(4);
    const pixel = { depth: 1, left: 0, right: 0, isRow: false };
    expect(sizes([program.picture.field, program.logits.field])).toEqual([pixel, pixel]);
  });

  test("of fields of half the size, their own rows and columns, though only the current pixel is read", () => {
    const size = { channels: 1, rows: 8, cols: 8 };
    const network = networkOf({ likelihood: "bernoulli", levels: 2, size }, 1, (_, x) => {
      const weights = (taps: number) => g.constant(new Float64Array(taps).fill(1), [1, 1, 1, taps]);
      const smaller = g.conv(g.shift(x, 0, 1), weights(1), { stride: [2, 2] });
      const beside = g.conv(smaller, weights(2), { pad: { left: 1 } });
      return g.convTranspose(beside, g.constant([1, 2, 3, 4], [1, 1, 2, 2]), { stride: [2, 2] });
    });
    const program = stepProgram(network, new Float32Array(0), { known: false });
    const smaller = program.fields.filter(({ stride }) => stride[0] === 2);
    expect(
      smaller.map(({ cols, depth, left, right, isRow }) => ({ cols, depth, left, right, isRow })),
    ).toEqual([
      { cols: 4, depth: 1, left: 1, right: 0, isRow: true },
      { cols: 4, depth: 1, left: 0, right: 0, isRow: true },
    ]);
    // All of it at the pixel: at every second row and column, and at each of four phases.
    const lattices = convolutionsOf(program).map(({ at }) => `${at.stride.join()} ${at.phase.join()}`);
    expect(lattices).toEqual(["2,2 0,0", "2,2 0,0", "2,2 0,0", "2,2 0,1", "2,2 1,0", "2,2 1,1"]);
  });

  test("no more for taller pictures", async () => {
    const bytes = async (rows: number) => {
      const network = pixelcnn(3, rows, 100);
      return (await openDrawer(samplerProgram(network, randomWeights(network.declarations, 1)), 64)).bytes;
    };
    // A row of a field of four channels is more than the 64 KiB by which memory grows.
    expect(await bytes(8)).toBeGreaterThan(2 ** 19);
    expect(await bytes(200)).toBe(await bytes(8));
  });

  test.each(TINY_NETWORKS.filter(({ name, config }) => !config.positions && !name.startsWith("pixelsnail")))(
    "no more for taller pictures: $name",
    ({ config }) => {
      const bytes = (rows: number) => {
        const network = buildNetwork({ ...config, size: { ...config.size, rows } }, 1);
        return bytesOfDrawer(samplerProgram(network, randomWeights(network.declarations, 1)), 1);
      };
      // Of any value that is kept for each row there would be 64 KiB more, by which memory grows, in 16,384 of them.
      expect(bytes(20_000)).toBe(bytes(8));
    },
  );

  // What a state of many channels reads was looked for among the sub-pixels of all channels: more than there may be.
  test("many channels of a recurrence in a large picture are no more to look through than few", () => {
    const network = buildNetwork(
      {
        model: "row-lstm",
        modelConfig: { width: 40, depth: 1, head: 4 },
        likelihood: "bernoulli",
        levels: 2,
        size: grey(512, 512),
      },
      1,
    );
    expect(programOf(network).cols).toBe(512);
  });

  test("of what depends on the position, a number for each row and each column, not for each pixel", () => {
    const tables = (size: { rows: number; cols: number }) => {
      const network = buildNetwork(
        {
          model: "pixelsnail",
          modelConfig: { width: 3, blocks: 2, layers: 1, key: 2, value: 3 },
          likelihood: "bernoulli",
          levels: 2,
          size: { channels: 1, ...size },
        },
        1,
      );
      return programOf(network)
        .instructions.flat()
        .filter((one) => one.kernel === "position")
        .map(({ values }) => values.length);
    };
    expect(tables({ rows: 9, cols: 7 })).toEqual([9, 7]);
  });

  test("a program holds for pictures of more rows than it was traced for", async () => {
    const [cols, rows] = [6, 7];
    const levels = randomLevels(rows * cols, 3, 5);
    const wanted = await logitsRowByRow(programOf(pixelcnn(1, rows, cols), true), levels, rows, 1);
    // Two rows: fewer than the first layer's kernel has.
    const short = pixelcnn(1, 2, cols);
    expectSameBits(await logitsRowByRow(programOf(short, true), levels, rows, 1), wanted);
    expectSameBits(await logitsPixelByPixel(programOf(short), levels, rows, 1), wanted);
  });
});

describe("what masks leave out costs nothing:", () => {
  test("a 7x7 kernel of mask A has 24 taps, a 3x3 one of mask B 5", () => {
    const found = convolutionsOf(programOf(pixelcnn(1, 8, 8)));
    const taps = (count: number) => found.filter((one) => one.taps.length === count);
    expect(taps(24).map((one) => one.weights.length)).toEqual([24 * 1 * 6]);
    expect(taps(5).map((one) => one.weights.length)).toEqual([5 * 3 * 3, 5 * 3 * 3]);
    expect(taps(5)[0]!.taps.map(({ rows, cols }) => [rows, cols])).toEqual([
      [-1, -1],
      [-1, 0],
      [-1, 1],
      [0, -1],
      [0, 0],
    ]);
  });

  test("a colour reads no later one", () => {
    const found = convolutionsOf(programOf(pixelcnn(3, 8, 8)));
    // Four pixels before with all three channels, and those of the pixel itself that the mask allows.
    const spatial = found.filter((one) => one.taps.length === 5 && one.out.channels === 1);
    expect(spatial.map((one) => one.weights.length)).toEqual([13, 13, 14, 14, 15, 15]);
  });

  test.each([1, 3])("%d colour(s): as many weights as the masks have ones", (channels) => {
    const network = pixelcnn(channels, 8, 8);
    const ones = topologicalOrder([network.logits])
      .filter((node) => is(node, "conv"))
      .map(({ inputs, attributes: { mask } }) =>
        mask ? mask.values.filter((bit) => bit === 1).length : sizeOf(inputs[1]!.shape),
      );
    const weights = convolutionsOf(programOf(network)).map((one) => one.weights.length);
    const total = (list: number[]) => list.reduce((sum, value) => sum + value, 0);
    expect(total(weights)).toBe(total(ones));
  });
});
