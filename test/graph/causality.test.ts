import { describe, expect, test } from "vitest";
import { gatedStack } from "../../bench/gated-stack.ts";
import { NextpixelError } from "../../src/basics/errors.ts";
import { analyseCausality, checkCausality } from "../../src/graph/causality.ts";
import * as g from "../../src/graph/language.ts";
import { type Node, named } from "../../src/graph/node.ts";
import type { OffsetSets, Reach } from "../../src/graph/offsets.ts";
import { receptiveField } from "../../src/graph/receptive-field.ts";
import { causalConv } from "../../src/nn/causal-conv.ts";
import { Scope } from "../../src/nn/scope.ts";
import { buildNetwork, networkOf } from "../../src/programs/network.ts";

/** Smallest distance between a position and what it depends on. */
interface Lag {
  /** Pixels back to the newest pixel that is depended on; Infinity if all are in rows above; negative: the future. */
  readonly pixels: number;
  /** The newest channel of that pixel. */
  readonly channel: number;
}

/** The lag of a channel: how far before the current sub-pixel its newest dependency lies. Undefined: there is none. */
function lagOf(reach: Reach, offsets: OffsetSets): Lag | undefined {
  if (reach === "none") return undefined;
  if (reach === "all") return { pixels: -Infinity, channel: 0 };
  const newest = offsets.newest(reach);
  if (!newest) return undefined;
  const { rows, cols, channel } = newest;
  return { pixels: rows < 0 ? Infinity : rows > 0 ? -Infinity : 0 - cols, channel };
}

const grey = g.input("picture", [1, 1, 8, 8]);
const colour = g.input("picture", [1, 3, 8, 8]);
const weights = (name: string, ...shape: number[]) => g.parameter(`${name}.weight`, shape);

/** A convolution without a mask that looks where its padding says. */
const look = (name: string, x: Node, pad: g.ConvOptions["pad"], kernel: [number, number], outputs = 4) =>
  g.conv(x, weights(name, outputs, x.shape[1]!, ...kernel), { pad: pad!, name });

const above = (name: string, x: Node) => g.shift(look(name, x, { left: 1, right: 1 }, [1, 3]), 1, 0);
const self = () => 0;

function refusal(logits: Node, picture: Node, predicts: (channel: number) => number = self): NextpixelError {
  try {
    checkCausality(logits, picture, predicts);
  } catch (error) {
    if (error instanceof NextpixelError) return error;
    throw error;
  }
  throw new Error("expected the network to be refused");
}

describe("a network that sees what it must not is refused, and the node is named", () => {
  test("its own pixel: the first convolution should have been masked", () => {
    const first = look("first", grey, { top: 1, left: 1 }, [2, 2]);
    const error = refusal(look("logits", g.relu(first), {}, [1, 1], 1), grey);
    expect(error.code).toBe("CAUSALITY");
    expect(error.message).toMatch(
      /predicts channel 0 of a pixel from itself \(at first; path: first .*-> logits\)/,
    );
  });

  test("the pixel to the right: the convolution that looks ahead, not one before or after it", () => {
    const first = causalConv(Scope.root({ path: "first" }), grey, {
      outputs: 4,
      kernel: 3,
      mask: "A",
      groups: 1,
    });
    const ahead = look("ahead", first, { right: 2 }, [1, 3]);
    const error = refusal(look("logits", ahead, {}, [1, 1], 1), grey);
    expect(error.message).toContain("from the pixel 1 column(s) to the right (at ahead;");
  });

  test("a row below, through a link that was to be shifted down", () => {
    const stack = look("vertical", above("start", grey), { bottom: 2 }, [3, 1]);
    expect(refusal(look("logits", stack, {}, [1, 1], 1), grey).message).toMatch(
      /1 row\(s\) below.*\(at vertical;/,
    );
  });

  test("a later colour of its own pixel: the layer that mixes the colours", () => {
    const scope = Scope.root();
    const first = causalConv(scope.at("first"), colour, { outputs: 6, kernel: 3, mask: "A", groups: 3 });
    const mixed = look("mixing", first, {}, [1, 1], 6);
    const logits = causalConv(scope.at("logits"), mixed, { outputs: 3, kernel: 1, mask: "B", groups: 3 });
    const error = refusal(logits, colour, (channel) => channel);
    expect(error.message).toMatch(
      /predicts channel 0 of a pixel from channel 1 of the same pixel \(at mixing/,
    );
  });

  test("any pixel at all, through a reshape or a sum over the picture", () => {
    const reshaped = named(g.reshape(above("first", grey), [1, 1, 4, 64]), "flattened");
    expect(refusal(reshaped, grey).message).toMatch(/a reshape to \[1, 1, 4, 64\].*\(at flattened\)/);
    const first = above("first", grey);
    const normalised = g.div(first, g.sum(first, [2, 3]));
    expect(refusal(look("logits", normalised, {}, [1, 1], 1), grey).message).toContain(
      "a sum to [1, 4, 1, 1]",
    );
  });

  test("a pixel that the smaller field already knew, because nothing was shifted before", () => {
    const smaller = g.conv(grey, weights("down", 4, 1, 2, 2), { stride: [2, 2], name: "down" });
    const larger = g.convTranspose(smaller, weights("up", 4, 1, 2, 2), { stride: [2, 2], name: "up" });
    expect(refusal(larger, grey).message).toMatch(
      /from the pixel 1 row\(s\) below and 1 column\(s\) to the right \(at down; path: down -> up\)$/,
    );
  });

  test("a pixel to the right, by the way from a smaller field to a larger one", () => {
    const smaller = g.conv(g.shift(grey, 0, 1), weights("down", 4, 1, 1, 1), {
      stride: [1, 2],
      name: "down",
    });
    const up = { stride: [1, 2], pad: { left: 1 }, name: "up" } as const;
    const larger = (size: number) => g.convTranspose(smaller, weights("up", 4, 1, 1, size), up);
    expect(() => checkCausality(larger(2), grey, self)).toThrow(
      expect.objectContaining({ message: expect.stringContaining("from itself (at up;") }),
    );
  });

  test("a field of which the picture has no whole number of rows", () => {
    const picture = g.input("picture", [1, 1, 5, 6]);
    const down = { stride: [2, 2], pad: { top: 1, left: 1 }, name: "down" } as const;
    const smaller = g.conv(g.shift(picture, 1, 0), weights("down", 4, 1, 2, 2), down);
    const larger = g.convTranspose(smaller, weights("up", 4, 1, 1, 1), { stride: [2, 2], size: [5, 6] });
    expect(refusal(larger, picture).message).toMatch(
      /5 rows and 6 columns, or whole fractions of them, .* a conv to \[1, 4, 3, 3\] .*\(at down\)/,
    );
  });

  test("a network as the programs are given it", () => {
    const config = { likelihood: "bernoulli", levels: 2, size: { channels: 1, rows: 6, cols: 6 } } as const;
    const leaking = () =>
      networkOf(config, 1, (scope, x) =>
        causalConv(scope.at("only"), x, { outputs: 1, kernel: 3, mask: "B", groups: 1 }),
      );
    expect(leaking).toThrow(/\(at only; path: .*only/);
  });
});

describe("what is causal is accepted", () => {
  test("a stack that sees its own row whole, if it is shifted down before it is used", () => {
    const stack = look("vertical", grey, { left: 4, right: 4 }, [1, 9]);
    expect(() => checkCausality(g.shift(stack, 1, 0), grey, self)).not.toThrow();
  });

  test("conditions that do not come from the picture, wherever they go", () => {
    const label = g.input("label", [1, 4, 1, 1]);
    expect(() => checkCausality(g.add(above("first", grey), label), grey, self)).not.toThrow();
  });

  test("earlier colours of the same pixel", () => {
    const green = g.slice(colour, 1, 0, 1);
    const logits = g.concat([g.shift(green, 1, 0), green, green], 1);
    expect(() => checkCausality(logits, colour, (channel) => channel)).not.toThrow();
    expect(refusal(g.concat([green, green, green], 1), colour, (channel) => channel).message).toContain(
      "from itself",
    );
  });
});

test("the lag tells how far back the newest dependency lies", () => {
  const lag = (node: Node) => {
    const { reach, offsets } = analyseCausality([node], colour);
    return reach(node).map((channel) => lagOf(channel, offsets));
  };
  expect(lag(g.shift(colour, 1, 0))[0]).toEqual({ pixels: Infinity, channel: 0 });
  expect(lag(g.shift(colour, 0, 2))[1]).toEqual({ pixels: 2, channel: 1 });
  expect(lag(g.add(g.shift(colour, 0, 2), g.sum(colour, [1])))[0]).toEqual({ pixels: 0, channel: 2 });
  expect(lag(g.shift(colour, -1, 0))[0]).toEqual({ pixels: -Infinity, channel: 0 });
  expect(lag(g.constant([1], [1, 1, 1, 1]))[0]).toBeUndefined();
});

describe("the receptive field", () => {
  test("of PixelCNN has the blind spot of its masks to the upper right", () => {
    const config = {
      model: "pixelcnn",
      modelConfig: { width: 2, depth: 3, head: 2 },
      likelihood: "bernoulli",
      levels: 2,
      size: { channels: 1, rows: 28, cols: 28 },
    } as const;
    const { logits, picture } = buildNetwork(config, 1);
    const field = receptiveField(logits, picture)!;
    expect(`\n${field.drawing}\n`).toMatchInlineSnapshot(`
      "
      #############
      #############
      #############
      ############.
      ###########..
      ##########...
      ######@
      "
    `);
    expect(field).toMatchObject({ above: 6, left: 6, right: 6, pixels: 78, blindPixels: 6 });
  });

  test("of the two stacks of Gated PixelCNN has none", () => {
    const config = { likelihood: "bernoulli", levels: 2, size: { channels: 1, rows: 28, cols: 28 } } as const;
    const { logits, picture } = networkOf(config, 1, gatedStack({ width: 2, depth: 3, head: 2 }));
    const field = receptiveField(logits, picture)!;
    expect(field.blindPixels).toBe(0);
    expect(field.above).toBe(6);
  });
});
