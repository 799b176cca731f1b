import * as fc from "fast-check";
import { expect, test } from "vitest";
import { analyseCausality } from "../../src/graph/causality.ts";
import * as g from "../../src/graph/language.ts";
import type { Node } from "../../src/graph/node.ts";
import { isSurelyCausal } from "../../src/graph/newest-pixel.ts";
import { rasterOrder, reachAt } from "../../src/graph/offsets.ts";
import { buildNetwork } from "../../src/programs/network.ts";
import { groupOf } from "../../src/graph/channel-groups.ts";
import { TINY_NETWORKS } from "../programs/tiny.ts";

const SIZE = { channels: 2, rows: 4, cols: 5 };
const SHAPE = [1, SIZE.channels, SIZE.rows, SIZE.cols];

const OPERATIONS: readonly ((x: Node, rows: number, cols: number) => Node)[] = [
  (x, rows, cols) => g.shift(x, rows, cols),
  (x, rows, cols) => g.add(x, g.shift(x, rows, cols)),
  (x, rows) => g.conv(x, g.parameter("w", [2, 2, 1, 2]), { pad: { left: rows + 2, right: -1 - rows } }),
  (x, rows, cols) => g.concat([g.slice(x, 1, 1, 2), g.shift(g.slice(x, 1, 0, 1), rows, cols)], 1),
  (x, rows, cols) =>
    g.recur([SHAPE], ([h]) => [g.add(x, g.shift(h!, Math.abs(rows), rows === 0 ? 1 : cols))])[0]!,
  (x) => g.add(x, g.sum(x, [1])),
  (x, _rows, cols) => (cols === 3 ? g.attend(x, x, x) : g.tanh(x)),
];

const step = fc.tuple(
  fc.integer({ min: 0, max: OPERATIONS.length - 1 }),
  fc.integer({ min: -2, max: 2 }),
  fc.integer({ min: -3, max: 3 }),
);

test("what is surely causal is causal, and the other way round where nothing leads out of the picture", () => {
  const found = { sure: 0, causal: 0 };
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), (steps) => {
      const picture = g.input("picture", SHAPE);
      const logits = steps.reduce<Node>((x, [op, rows, cols]) => OPERATIONS[op]!(x, rows, cols), picture);
      const { reach, offsets } = analyseCausality([logits], picture);
      const isCausal = [0, 1].every((channel) => {
        const set = reachAt(reach(logits), channel);
        const seen = typeof set === "object" ? offsets.newest(set) : undefined;
        return set !== "all" && (!seen || rasterOrder(seen, { rows: 0, cols: 0, channel }) < 0);
      });
      const isSure = isSurelyCausal(logits, picture, (channel) => channel);
      if (isSure) expect(isCausal).toBe(true);
      found.sure += Number(isSure);
      found.causal += Number(isCausal);
    }),
    { seed: 12, numRuns: 1000 },
  );
  expect(found.causal).toBeGreaterThan(200);
  expect(found.sure).toBeGreaterThan(0.9 * found.causal);
});

// Sets of offsets, which the exact analysis makes, would take memory that grows with the picture.
test.each(TINY_NETWORKS)("$name is surely causal", ({ config }) => {
  const { logits, picture, likelihood } = buildNetwork(config, 1);
  const { channels } = config.size;
  const groups = likelihood.groups(channels);
  const predicts = (c: number) => groupOf(c, logits.shape[1]!, groups) * (channels / groups);
  expect(isSurelyCausal(logits, picture, predicts)).toBe(true);
});
