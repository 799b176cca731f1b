import * as fc from "fast-check";
import { expect, test } from "vitest";
import { analyseCausality } from "../../src/graph/causality.ts";
import * as g from "../../src/graph/language.ts";
import type { Node } from "../../src/graph/node.ts";
import { reachAt } from "../../src/graph/offsets.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { topologicalOrder } from "../../src/graph/walk.ts";
import { evaluate } from "../reference/evaluate.ts";

const CHANNELS = 2;
const SIZE = 15;
/** Three layers of at most two pixels each stay within the picture from here. */
const CENTRE = 7;

type Layer = (x: Node, number: number) => Node;

/** A convolution that keeps the size, with any offset of its taps, dilation and mask of whole channels. */
const convolution: fc.Arbitrary<Layer> = fc
  .record({
    outputs: fc.integer({ min: 1, max: 3 }),
    kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    top: fc.integer({ min: 0, max: 2 }),
    left: fc.integer({ min: 0, max: 2 }),
    isDilated: fc.boolean(),
    kept: fc.array(fc.boolean(), { minLength: 200, maxLength: 200 }),
  })
  .map(({ outputs, kernel, top, left, isDilated, kept }) => (x, number) => {
    const dilation = isDilated && Math.max(...kernel) === 2 ? 2 : 1;
    const reach = kernel.map((size) => (size - 1) * dilation) as [number, number];
    const before = [Math.min(top, reach[0]), Math.min(left, reach[1])] as const;
    const shape = [outputs, x.shape[1]!, ...kernel];
    const values = Uint8Array.from({ length: sizeOf(shape) }, (_, i) => (kept[i % kept.length] ? 1 : 0));
    return g.conv(x, g.parameter(`w${number}`, shape), {
      pad: { top: before[0], bottom: reach[0] - before[0], left: before[1], right: reach[1] - before[1] },
      dilation: [dilation, dilation],
      mask: { shape, values },
    });
  });

const step = fc.integer({ min: -2, max: 2 });
const layer: fc.Arbitrary<Layer> = fc.oneof(
  { weight: 3, arbitrary: convolution },
  fc.tuple(step, step).map(
    ([rows, cols]) =>
      (x: Node) =>
        g.shift(x, rows, cols),
  ),
  fc.tuple(step, step).map(
    ([rows, cols]) =>
      (x: Node) =>
        g.concat([g.shift(x, rows, cols), x], 1),
  ),
  fc.constant((x: Node) => g.slice(x, 1, 0, 1)),
  fc.constant((x: Node) => g.add(x, g.sum(x, [1]))),
  fc.constant((x: Node) => g.exp(g.neg(x))),
);

test("the reach of every channel is what its value really depends on", () => {
  const picture = g.input("picture", [1, CHANNELS, SIZE, SIZE]);
  fc.assert(
    fc.property(fc.array(layer, { minLength: 1, maxLength: 3 }), (layers) => {
      const output = layers.reduce<Node>((x, build, number) => build(x, number), picture);
      const { reach, offsets } = analyseCausality([output], picture);
      // All weights positive and small: nothing cancels, and exp stays in range.
      const weights = topologicalOrder([output])
        .filter((node) => node.op === "parameter")
        .map((node) => [
          node.name!,
          Float64Array.from({ length: sizeOf(node.shape) }, (_, i) => 0.1 + 0.01 * (i % 7)),
        ]);
      const valuesOf = (levels: Float64Array) =>
        evaluate([output], { ...Object.fromEntries(weights), picture: levels })[0]!;
      const plain = new Float64Array(CHANNELS * SIZE * SIZE).fill(0.1);
      const before = valuesOf(plain);
      const atCentre = (channel: number) => (channel * SIZE + CENTRE) * SIZE + CENTRE;

      for (let index = 0; index < plain.length; index++) {
        const [channel, row, col] = [
          Math.floor(index / SIZE ** 2),
          Math.floor(index / SIZE) % SIZE,
          index % SIZE,
        ];
        if (Math.max(Math.abs(row - CENTRE), Math.abs(col - CENTRE)) > 6) continue;
        const after = valuesOf(plain.with(index, 0.2));
        const offset = { channel, rows: row - CENTRE, cols: col - CENTRE };
        for (let c = 0; c < output.shape[1]!; c++) {
          const set = reachAt(reach(output), c);
          const isSaid = typeof set === "object" && offsets.has(set, offset);
          expect(after[atCentre(c)] !== before[atCentre(c)]).toBe(isSaid);
        }
      }
    }),
    { seed: 20, numRuns: 40 },
  );
});
