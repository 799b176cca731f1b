import { describe, expect, test } from "vitest";
import * as g from "../../src/graph/language.ts";
import { named, type Node } from "../../src/graph/node.ts";
import { evaluate } from "../reference/evaluate.ts";
import { networkOf } from "../../src/programs/network.ts";
import { stepProgram } from "../../src/programs/step-program.ts";
import { lowerToSteps } from "../../src/lower/step/lower.ts";
import type { Primitive } from "../../src/graph/primitives.ts";
import {
  expectClose,
  expectSameBits,
  logitsPixelByPixel,
  logitsRowByRow,
  randomLevels,
} from "../runtime/logits.ts";
import { COLS, ROWS, stepCases, type Fields } from "./step-cases.ts";

const LEVELS = 9;
const PICTURES = 2;

/** Multiples of 1/4 in [-1, 1]. */
const valuesOf = (picture: Node) => g.sub(g.mul(picture, 2 / (LEVELS - 1)), 1);

/** When x is known: before the row, before the pixel, colour by colour, and some of each. */
const PLACES = {
  above: (v: Node) => g.shift(v, 1, 0),
  left: (v: Node) => g.shift(v, 0, 1),
  here: (v: Node) => v,
  mixed: (v: Node) => {
    const channels = v.shape[1]!;
    const last = g.shift(g.slice(v, 1, channels - 1, channels), 1, -1);
    return channels === 1
      ? g.add(last, g.shift(v, 0, 1))
      : g.concat([last, g.slice(v, 1, 0, channels - 1)], 1);
  },
};

/** Channels of the picture, and when x is known. */
const FEEDS: readonly (readonly [number, keyof typeof PLACES])[] = [
  [1, "left"],
  [3, "above"],
  [3, "here"],
  [5, "left"],
  [5, "mixed"],
];

function fieldsOf(picture: Node, place: (v: Node) => Node): Fields {
  const v = valuesOf(picture);
  const channels = v.shape[1]!;
  const further = g.shift(v, 1, -1);
  return {
    x: place(v),
    y: channels === 1 ? further : g.concat([g.slice(v, 1, 0, 1), g.slice(further, 1, 1, channels)], 1),
    above: g.shift(v, 1, 0),
    one: g.slice(place(v), 1, 0, 1),
  };
}

/**
 * Logits that see the node from the right and from below, where it may depend on all of its own pixel. Each colour's
 * logits are all of them.
 */
function logitsFrom(node: Node, picture: Node): Node {
  const seen = g.concat([g.shift(node, 0, 1), g.shift(node, 1, 0)], 1);
  return g.concat(
    Array.from({ length: picture.shape[1]! }, () => seen),
    1,
  );
}

const ofAll = (kind: "computed" | "refused") =>
  Object.entries(stepCases).flatMap(([op, cases]) =>
    cases[kind].map((build, index) => ({ op: op as Primitive, index, build })),
  );

test("every primitive is computed pixel by pixel, or refused", () => {
  for (const { computed, refused } of Object.values(stepCases)) {
    expect(computed.length + refused.length).toBeGreaterThan(0);
  }
});

describe("a case is the float64 reference within 2e-6 row by row, and the same bits pixel by pixel", () => {
  test.each(ofAll("computed"))("$op, case $index", async ({ build }) => {
    for (const [channels, place] of FEEDS) {
      const picture = g.input("picture", [1, channels, ROWS, COLS]);
      const logits = logitsFrom(build(fieldsOf(picture, PLACES[place])), picture);
      const length = channels * ROWS * COLS;
      const levels = randomLevels(PICTURES * length, LEVELS, 8);
      const known = lowerToSteps(logits, picture, { known: true });
      const rowByRow = await logitsRowByRow(known, levels, ROWS, PICTURES);
      const wanted = Array.from({ length: PICTURES }, (_, m) => [
        ...evaluate([logits], { picture: levels.subarray(m * length, (m + 1) * length) })[0]!,
      ]);
      expectClose(rowByRow, wanted.flat(), 2e-6);
      const unknown = lowerToSteps(logits, picture, { known: false });
      expectSameBits(await logitsPixelByPixel(unknown, levels, ROWS, PICTURES), rowByRow);
    }
  });
});

describe("what has no incremental rule is refused by its name and place", () => {
  test.each(ofAll("refused"))("$op, case $index", ({ op, build }) => {
    for (const known of [true, false]) {
      const picture = g.input("picture", [1, 3, ROWS, COLS]);
      const logits = build(fieldsOf(picture, PLACES.left));
      expect(() => lowerToSteps(logits, picture, { known })).toThrow(
        expect.objectContaining({
          code: "SCHEDULE",
          message: expect.stringMatching(new RegExp(`whose ${op} .*\\(at spot\\)$`)),
        }),
      );
    }
  });
});

describe("what is computed later cannot be read, though a network may see it", () => {
  const refusal = (build: (x: Node) => Node, known: boolean) => {
    const size = { channels: 1, rows: 6, cols: 7 };
    // Throws a CAUSALITY error if it is not legal.
    const network = networkOf({ likelihood: "bernoulli", levels: 2, size }, 1, (_, x) => build(x));
    return () => stepProgram(network, new Float32Array(0), { known });
  };
  const ones = (...shape: [number, number]) =>
    g.constant(new Float64Array(shape[0] * shape[1]).fill(1), [1, 1, ...shape]);
  const scheduleError = (message: string) => expect.objectContaining({ code: "SCHEDULE", message });
  const wanted = "expected a network that can be computed pixel by pixel, received one whose ";

  test("to the right of a pixel", () => {
    const build = (x: Node) => g.conv(g.shift(x, 0, 3), ones(1, 2), { pad: { right: 1 }, name: "ahead" });
    // If the picture is known, whole rows are; but what cannot be drawn is not computed otherwise either.
    for (const known of [true, false]) {
      expect(refusal(build, known)).toThrow(
        scheduleError(`${wanted}conv reads 1 column(s) to the right, which is computed later (at ahead)`),
      );
    }
  });

  test("to the right of a pixel, whatever follows", () => {
    const seen = (x: Node) =>
      g.conv(g.shift(x, 0, 3), g.constant([1, 2, 3, 4], [2, 1, 1, 2]), { pad: { right: 1 }, name: "ahead" });
    const build = (x: Node) => g.conv(seen(x), g.constant([1, 2], [1, 2, 1, 1]), { name: "following" });
    expect(refusal(build, false)).toThrow(
      scheduleError(`${wanted}conv reads 1 column(s) to the right, which is computed later (at ahead)`),
    );
  });

  test("below a pixel", () => {
    const build = (x: Node) => g.conv(g.shift(x, 2, 0), ones(2, 1), { pad: { bottom: 1 }, name: "below" });
    for (const known of [true, false]) {
      expect(refusal(build, known)).toThrow(
        scheduleError(`${wanted}conv reads 1 row(s) below, which is computed later (at below)`),
      );
    }
  });

  test("by a shift, which is called by its operand's name if it has none", () => {
    const build = (x: Node) => g.shift(named(g.tanh(g.shift(x, 0, 3)), "tall"), 0, -2);
    expect(refusal(build, false)).toThrow(
      scheduleError(`${wanted}shift reads 2 column(s) to the right, which is computed later (at tall)`),
    );
  });

  test("but to the right of what rows above tell, all is there", async () => {
    const build = (x: Node) => g.conv(g.shift(x, 1, 0), ones(1, 5), { pad: { left: 2, right: 2 } });
    expect(refusal(build, false)).not.toThrow();
  });
});
