import { expect, test } from "vitest";
import { permutation, philox4x32, Purpose, seedKey } from "../../src/basics/philox.ts";
import { openKernels } from "../../src/runtime/step/kernels.ts";
import { pixelUniform } from "../reference/pixel-uniform.ts";

test.each<[Parameters<typeof philox4x32>[0], Parameters<typeof philox4x32>[1], number[]]>([
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
])("Philox4x32-10 gives the known answer of its authors' test vectors: %j %j", (counter, key, answer) => {
  expect(philox4x32(counter, key)).toEqual(answer);
});

test("draws of pixels are a promise: the same numbers in every version", () => {
  const key = seedKey(2 ** 40 + 7);
  expect(key).toEqual([7, 256]);
  expect(pixelUniform(seedKey(0), 0, 0, 0)).toBe((0x6627e8d5 + 0.5) / 2 ** 32);
  const words = [
    philox4x32([1, 2, 0, 0], key)[0],
    philox4x32([2, 1, 0, 0], key)[0],
    philox4x32([1, 2, 1, 0], key)[0],
  ];
  expect(words.map((word) => (word + 0.5) / 2 ** 32)).toEqual([
    pixelUniform(key, 1, 2, 0),
    pixelUniform(key, 2, 1, 0),
    pixelUniform(key, 1, 2, 1),
  ]);
  expect(new Set(words).size).toBe(3);
});

test("the kernel has the same numbers, for pictures and for pixels that are drawn together", async () => {
  const { kernels, memory } = await openKernels(4096);
  const [count, seed] = [7, 2 ** 40 + 2 ** 31 + 7];
  const [low, high] = seedKey(seed);
  const [picture, pixel, channel] = [2 ** 32 - 3, 900, 2];
  for (const [pictureStep, pixelStep] of [
    [1, 0],
    [0, 1],
  ] as const) {
    kernels.pixelUniforms(
      2048,
      count,
      low,
      high,
      picture,
      pictureStep,
      pixel,
      pixelStep,
      channel,
      Purpose.pixels,
    );
    expect([...new Float64Array(memory.buffer, 2048, count)]).toEqual(
      Array.from({ length: count }, (_, i) =>
        pixelUniform(seedKey(seed), (picture + i * pictureStep) >>> 0, pixel + i * pixelStep, channel),
      ),
    );
  }
});

test("a permutation holds every index once, differs by seed, purpose and stream, and has no favourites", () => {
  const sorted = (order: Uint32Array) => [...order].sort((a, b) => a - b);
  const one = permutation(100, 1, Purpose.order);
  expect(sorted(one)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  for (const other of [
    permutation(100, 2, Purpose.order),
    permutation(100, 1, Purpose.split),
    permutation(100, 1, Purpose.order, 1),
  ]) {
    expect(other).not.toEqual(one);
  }
  const firsts = new Float64Array(4);
  for (let seed = 0; seed < 4000; seed++) firsts[permutation(4, seed, Purpose.order)[0]!]! += 1;
  for (const times of firsts) expect(Math.abs(times - 1000)).toBeLessThan(4 * Math.sqrt(750));
});
