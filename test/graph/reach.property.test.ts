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
          const isSaid = typeof set === "object" && offsets.has(set, offset, { row: CENTRE, col: CENTRE });
          expect(after[atCentre(c)] !== before[atCentre(c)]).toBe(isSaid);
        }
      }
    }),
    { seed: 20, numRuns: 40 },
  );
});

const small = fc.integer({ min: 1, max: 3 });
const strides = fc.constantFrom<[number, number]>([2, 2], [1, 2], [3, 1], [2, 3]);

/** Down to a smaller field, through something there, and up again, with kernels smaller or larger than the stride. */
const strided = (inner: fc.Arbitrary<Layer>): fc.Arbitrary<Layer> =>
  fc
    .record({
      stride: strides,
      down: fc.tuple(small, small),
      up: fc.tuple(small, small),
      kept: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
      inner,
      isAdded: fc.boolean(),
    })
    .map(({ stride, down, up, kept, inner, isAdded }) => (x, number) => {
      const channels = x.shape[1]!;
      const sides = (kernel: [number, number]) => {
        const [rows, cols] = kernel.map((size, axis) => Math.max(size - stride[axis]!, 0)) as [
          number,
          number,
        ];
        return { top: rows, left: Math.min(cols, 1), right: Math.max(cols - 1, 0) };
      };
      const weights = g.parameter(`down${number}`, [channels, channels, ...down]);
      const smaller = inner(g.conv(x, weights, { stride, pad: sides(down) }), number + 10);
      const shape = [smaller.shape[1]!, channels, ...up];
      const values = Uint8Array.from({ length: sizeOf(shape) }, (_, i) => (kept[i % kept.length] ? 1 : 0));
      const larger = g.convTranspose(smaller, g.parameter(`up${number}`, shape), {
        stride,
        pad: sides(up),
        mask: { shape, values },
      });
      return isAdded ? g.concat([larger, x], 1) : larger;
    });

const near: fc.Arbitrary<Layer> = fc
  .tuple(fc.integer({ min: -1, max: 1 }), fc.integer({ min: -1, max: 1 }))
  .map(
    ([rows, cols]) =>
      (x: Node) =>
        g.shift(x, rows, cols),
  );

test("so it is with fields of smaller sizes, whose readers see more or less by where they are", () => {
  const size = 36;
  const [first, last] = [16, 21];
  const picture = g.input("picture", [1, 1, size, size]);
  /** Cases in which not all pixels see the same. */
  let phased = 0;
  fc.assert(
    fc.property(fc.oneof(strided(near), strided(strided(near))), near, (layer, before) => {
      const output = layer(before(g.concat([picture, g.shift(picture, 1, 1)], 1), 0), 1);
      const { reach, offsets } = analyseCausality([output], picture);
      const weights = topologicalOrder([output])
        .filter((node) => node.op === "parameter")
        .map((node) => [
          node.name!,
          Float64Array.from({ length: sizeOf(node.shape) }, (_, i) => 0.1 + 0.01 * (i % 7)),
        ]);
      const valuesOf = (levels: Float64Array) =>
        evaluate([output], { ...Object.fromEntries(weights), picture: levels })[0]!;
      const plain = new Float64Array(size * size).fill(0.1);
      const values = valuesOf(plain);
      for (let row = first; row <= last; row++)
        for (let col = first; col <= last; col++) {
          const changed = valuesOf(plain.with(row * size + col, 0.2));
          for (let r = first - 10; r <= last + 10; r++)
            for (let c = first - 10; c <= last + 10; c++)
              for (let map = 0; map < output.shape[1]!; map++) {
                const set = reachAt(reach(output), map);
                const offset = { channel: 0, rows: row - r, cols: col - c };
                const isSaid = typeof set === "object" && offsets.has(set, offset, { row: r, col: c });
                const at = (map * size + r) * size + c;
                if ((changed[at] !== values[at]) !== isSaid) {
                  expect({ map, r, c, ...offset, isSaid }).toEqual({ map, r, c, ...offset, isSaid: !isSaid });
                }
              }
        }
      const sets = reach(output).filter((set) => typeof set === "object");
      if (sets.some((set) => new Set(set.bits).size > 1)) phased++;
    }),
    { seed: 21, numRuns: 40 },
  );
  expect(phased).toBeGreaterThan(20);
});
