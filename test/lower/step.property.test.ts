import * as fc from "fast-check";
import { test } from "vitest";
import * as g from "../../src/graph/language.ts";
import type { Node } from "../../src/graph/node.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { evaluate } from "../reference/evaluate.ts";
import { causalConv, type CausalConvOptions } from "../../src/nn/causal-conv.ts";
import { gate } from "../../src/nn/gate.ts";
import { fanInUniform } from "../../src/nn/initialisers.ts";
import type { Scope } from "../../src/nn/scope.ts";
import { normalisedConv, normalisedConvTranspose } from "../../src/nn/weight-norm.ts";
import { NETWORK, networkOf, type BuildLogits } from "../../src/programs/network.ts";
import { packParameters, vectorOf } from "../../src/programs/parameters.ts";
import { stepProgram } from "../../src/programs/step-program.ts";
import {
  expectClose,
  expectSameBits,
  logitsPixelByPixel,
  logitsRowByRow,
  randomLevels,
  randomWeights,
} from "../runtime/logits.ts";

const SIZE = { rows: 5, cols: 6 };
const LEVELS = 3;
const PICTURES = 3;

/** From a field in which a colour knows earlier pixels and the colours up to itself to another one. */
type Layer = (scope: Scope, h: Node, groups: number) => Node;

const maskB = (scope: Scope, h: Node, options: Omit<CausalConvOptions, "mask">) =>
  causalConv(scope, h, { ...options, mask: "B" });

/** Parts of both fields for each colour, side by side. */
const besideEachOther = (a: Node, b: Node, groups: number): Node =>
  g.concat(
    Array.from({ length: groups }, (_, group) =>
      [a, b].map((field) => {
        const own = field.shape[1]! / groups;
        return g.slice(field, 1, group * own, (group + 1) * own);
      }),
    ).flat(),
    1,
  );

/** The last channels of each colour. */
const lastOfEach = (h: Node, groups: number, kept: number): Node => {
  const own = h.shape[1]! / groups;
  return g.concat(
    Array.from({ length: groups }, (_, group) =>
      g.slice(h, 1, (group + 1) * own - Math.min(kept, own), (group + 1) * own),
    ),
    1,
  );
};

/**
 * A convolution of the rows above, which may look to the right: from a row further up, or with its own row masked out.
 */
function above(scope: Scope, h: Node, outputs: number, isMasked = false): Node {
  const inputs = h.shape[1]!;
  const shape = [outputs, inputs, isMasked ? 3 : 2, 3];
  const weights = scope.parameter("weight", shape, fanInUniform(inputs * 6));
  const values = Uint8Array.from({ length: sizeOf(shape) }, (_, i) => (i % 9 < 6 ? 1 : 0));
  const [x, options] = isMasked
    ? [h, { pad: { top: 2, left: 1, right: 1 }, mask: { shape, values } }]
    : [g.shift(h, 1, 0), { pad: { top: 1, left: 1, right: 1 } }];
  return g.conv(x, weights, { ...options, name: scope.path });
}

const own = fc.integer({ min: 1, max: 3 });
const kernel = fc.constantFrom(1, 3, 5);

const layer: fc.Arbitrary<Layer> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ own, kernel }).map(({ own, kernel }): Layer => {
      return (scope, h, groups) => maskB(scope, h, { outputs: groups * own, kernel, groups });
    }),
  },
  fc.constant<Layer>((_, h) => g.relu(h)),
  // A residual block.
  kernel.map(
    (kernel): Layer =>
      (scope, h, groups) =>
        g.add(h, maskB(scope, g.relu(h), { outputs: h.shape[1]!, kernel, groups })),
  ),
  // Gates: as in Gated PixelCNN, colour by colour, and of two stacks.
  own.map((own): Layer => (scope, h, groups) => {
    const part = (name: string) => maskB(scope.at(name), h, { outputs: groups * own, kernel: 3, groups });
    return groups === 1
      ? gate(maskB(scope, h, { outputs: 2 * own, kernel: 3, groups }))
      : g.mul(g.tanh(part("a")), g.sigmoid(part("b")));
  }),
  fc.boolean().map((isLeft): Layer => (scope, h) => {
    const [a, b] = isLeft ? [above(scope, h, h.shape[1]!), h] : [h, above(scope, h, h.shape[1]!)];
    return g.mul(g.tanh(a), g.sigmoid(b));
  }),
  fc.constant<Layer>((scope, h) => g.add(h, above(scope, h, h.shape[1]!))),
  own.map(
    (own): Layer =>
      (scope, h, groups) =>
        besideEachOther(h, above(scope, h, groups * own), groups),
  ),
  // As many channels as it takes for columns to be computed in pairs.
  fc.boolean().map((isMasked): Layer => (scope, h, groups) => {
    const many = maskB(scope.at("many"), h, { outputs: 6 * groups, kernel: 1, groups });
    const seen = above(scope.at("above"), g.concat([many, many, many], 1), 18, isMasked);
    const further = g.add(g.relu(seen), above(scope.at("further"), seen, 18));
    return besideEachOther(h, g.slice(further, 1, 3, 3 + 2 * groups), groups);
  }),
  own.map(
    (kept): Layer =>
      (_, h, groups) =>
        lastOfEach(h, groups, kept),
  ),
  fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })).map(
    ([rows, cols]): Layer =>
      (_, h, groups) =>
        besideEachOther(g.shift(h, rows, cols), g.tanh(h), groups),
  ),
  // Attention: each colour with queries of its own, to all of earlier pixels.
  own.map((own): Layer => (scope, h, groups) => {
    const part = (name: string) => maskB(scope.at(name), h, { outputs: groups * own, kernel: 1, groups });
    const [q, k, v] = [part("q"), part("k"), part("v")];
    const attended = Array.from({ length: groups }, (_, group) => {
      const [keys, values] = [k, v].map((field) => g.slice(field, 1, group * own, (group + 1) * own));
      return g.attend(g.mul(3, g.slice(q, 1, group * own, (group + 1) * own)), keys!, values!);
    });
    return besideEachOther(h, g.concat(attended, 1), groups);
  }),
  // What all colours of a pixel tell together is known after it.
  fc.boolean().map((isSum): Layer => (_, h) => {
    const last = g.shift(h, 0, 1);
    return g.sub(h, isSum ? g.mul(0.3, g.sum(last, [1])) : g.max(last, [1]));
  }),
);

const network =
  (layers: readonly Layer[], groups: number): BuildLogits =>
  (scope, x, outputs) => {
    const first = causalConv(scope.at("first"), x, { outputs: 2 * groups, kernel: 3, mask: "A", groups });
    const last = layers.reduce((h, build, i) => build(scope.at(`layer${i}`), h, groups), first);
    return maskB(scope.at("logits"), last, { outputs, kernel: 1, groups });
  };

/** Both sides of the logits: pixel by pixel as row by row, and these as the float64 reference has them. */
async function expectSameLogits(
  layers: readonly Layer[],
  groups: number,
  seed: number,
  { rows, cols }: { rows: number; cols: number },
): Promise<void> {
  const size = { rows, cols, channels: groups };
  const made = networkOf({ likelihood: "categorical", levels: LEVELS, size }, 1, network(layers, groups));
  const weights = randomWeights(made.declarations, seed);
  const length = groups * rows * cols;
  const levels = randomLevels(PICTURES * length, LEVELS, seed);
  const known = stepProgram(made, weights, { known: true });
  const rowByRow = await logitsRowByRow(known, levels, rows, PICTURES);

  const [logits] = packParameters([made.logits], made.parts);
  const wanted = Array.from({ length: PICTURES }, (_, m) => {
    const pictures = levels.subarray(m * length, (m + 1) * length);
    return [...evaluate([logits!], { [vectorOf(NETWORK)]: weights, pictures })[0]!];
  });
  expectClose(rowByRow, wanted.flat(), 1e-4);
  const unknown = stepProgram(made, weights, { known: false });
  expectSameBits(await logitsPixelByPixel(unknown, levels, rows, PICTURES), rowByRow);
}

const groupCount = fc.constantFrom(1, 3);

test("random causal networks: the same bits pixel by pixel as row by row, and the float64 logits within 1e-4", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(layer, { minLength: 1, maxLength: 6 }),
      groupCount,
      fc.nat(1000),
      (layers, groups, seed) => expectSameLogits(layers, groups, seed, SIZE),
    ),
    { seed: 7, numRuns: 100 },
  );
});

/** The stride, or what of it divides the rows and columns of a field. */
const fitting = (stride: readonly [number, number], { shape }: Node): [number, number] => [
  shape[2]! % stride[0] === 0 ? stride[0] : 1,
  shape[3]! % stride[1] === 0 ? stride[1] : 1,
];

const size = fc.integer({ min: 1, max: 3 });
const strideOf = fc.constantFrom<[number, number]>([2, 2], [1, 2], [2, 1], [4, 2]);

/** Down to a smaller field, through a layer there, and up again: beside what was there. */
const strided = (inner: fc.Arbitrary<Layer>): fc.Arbitrary<Layer> =>
  fc
    .record({ own, stride: strideOf, down: fc.tuple(size, size), up: fc.tuple(size, size), inner })
    .map(({ own, stride, down, up, inner }): Layer => (scope, h, groups) => {
      const steps = fitting(stride, h);
      const outputs = groups * own;
      const pad = { top: down[0] - 1, left: down[1] - 1 };
      const options = { outputs, kernel: down, pad, stride: steps, groups };
      const smaller = inner(scope.at("inner"), normalisedConv(scope.at("down"), h, options), groups);
      const kernel = [Math.max(up[0], steps[0]), Math.max(up[1], steps[1])] as const;
      const larger = { outputs, kernel, stride: steps, groups, pad: overlap(kernel, steps) };
      return besideEachOther(h, normalisedConvTranspose(scope.at("up"), smaller, larger), groups);
    });

/** What a kernel that is larger than its stride spreads beyond the result's rows and columns is cut off there. */
const overlap = (kernel: readonly [number, number], stride: readonly [number, number]) => ({
  bottom: kernel[0] - stride[0],
  right: kernel[1] - stride[1],
});

/** The same of rows above alone: to both sides, and up again from both sides. */
const stridedAbove: fc.Arbitrary<Layer> = fc
  .record({ own, stride: strideOf })
  .map(({ own, stride }): Layer => (scope, h, groups) => {
    const steps = fitting(stride, h);
    const options = {
      outputs: 2 * own,
      kernel: [2, 3],
      pad: { top: 1, left: 1, right: 1 },
      groups: 1,
    } as const;
    const smaller = normalisedConv(scope.at("down"), g.shift(h, 1, 0), { ...options, stride: steps });
    const seen = g.relu(normalisedConv(scope.at("seen"), smaller, options));
    const kernel = [steps[0], steps[1] + 1] as const;
    const larger = { outputs: groups * own, kernel, stride: steps, groups: 1, pad: { left: 1 } };
    return besideEachOther(h, normalisedConvTranspose(scope.at("up"), seen, larger), groups);
  });

test("so it is for networks with fields of smaller sizes, in which all that there is may happen", async () => {
  const smaller = fc.oneof(strided(layer), strided(strided(layer)), stridedAbove, strided(stridedAbove));
  await fc.assert(
    fc.asyncProperty(
      smaller,
      fc.array(fc.oneof(layer, smaller), { maxLength: 2 }),
      groupCount,
      fc.nat(1000),
      (first, layers, groups, seed) =>
        expectSameLogits([first, ...layers], groups, seed, { rows: 4, cols: 8 }),
    ),
    { seed: 8, numRuns: 100 },
  );
});
