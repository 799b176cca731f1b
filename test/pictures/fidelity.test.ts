import { expect, test } from "vitest";
import { psnr } from "../../src/pictures/psnr.ts";
import { ssim } from "../../src/pictures/ssim.ts";
import { randomNumbers } from "../graph/primitive-cases.ts";

const bytes = (length: number, seed: number) =>
  Uint8Array.from(randomNumbers(length, seed), (x) => Math.floor(Math.abs(x) * 1000) % 256);

test("PSNR of a constant error, and of none", () => {
  const a = Uint8Array.of(10, 20, 30, 40);
  expect(
    psnr(
      a,
      a.map((value) => value + 5),
    ),
  ).toBeCloseTo(20 * Math.log10(255 / 5), 10);
  expect(psnr(a, a)).toBe(100);
});

/** Equation 13 of the paper for one window, as it is written there. */
function direct(a: Uint8Array, b: Uint8Array, side: number, cols: number, top: number, left: number): number {
  const centre = (side - 1) / 2;
  const places = Array.from({ length: side * side }, (_, i) => [Math.floor(i / side), i % side] as const);
  const w = places.map(([r, c]) => Math.exp(-((r - centre) ** 2 + (c - centre) ** 2) / (2 * 1.5 ** 2)));
  const all = w.reduce((sum, value) => sum + value, 0);
  const at = (x: Uint8Array) => places.map(([r, c]) => x[(top + r) * cols + left + c]!);
  const mean = (x: number[]) => x.reduce((sum, value, i) => sum + (w[i]! / all) * value, 0);
  const [x, y] = [at(a), at(b)];
  const [mx, my] = [mean(x), mean(y)];
  const spread = (p: number[], mp: number, q: number[], mq: number) =>
    mean(p.map((value, i) => (value - mp) * (q[i]! - mq)));
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  return (
    ((2 * mx * my + c1) * (2 * spread(x, mx, y, my) + c2)) /
    ((mx ** 2 + my ** 2 + c1) * (spread(x, mx, x, mx) + spread(y, my, y, my) + c2))
  );
}

test.each([
  ["larger than the window", 13, 12, 11],
  ["smaller than the window", 7, 8, 7],
])(
  "SSIM is the mean over windows and channels of the paper's equation, of pictures %s",
  (_, rows, cols, side) => {
    const size = { channels: 2, rows, cols };
    const [a, b] = [bytes(2 * rows * cols, 1), bytes(2 * rows * cols, 2)];
    const mixed = a.map((value, i) => Math.round(0.7 * value + 0.3 * b[i]!));
    let [total, windows] = [0, 0];
    for (let channel = 0; channel < 2; channel++) {
      const part = (x: Uint8Array) => x.subarray(channel * rows * cols, (channel + 1) * rows * cols);
      for (let top = 0; top + side <= rows; top++)
        for (let left = 0; left + side <= cols; left++, windows++)
          total += direct(part(a), part(mixed), side, cols, top, left);
    }
    expect(ssim(a, mixed, size)).toBeCloseTo(total / windows, 10);
    expect(ssim(a, a, size)).toBeCloseTo(1, 12);
    expect(ssim(a, mixed, size)).toBeLessThan(0.99);
  },
);
