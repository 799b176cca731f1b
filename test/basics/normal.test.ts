import { expect, test } from "vitest";
import { normalQuantile } from "../../src/basics/normal.ts";

// Quantiles as Python's statistics.NormalDist().inv_cdf gives them, to the last digit.
test.each([
  [1e-10, -6.361340902404056],
  [2 ** -33, -6.337957754553789],
  [1e-5, -4.2648907939228256],
  [0.01, -2.3263478740408408],
  [0.07, -1.4757910281791702],
  [0.075, -1.4395314709384557],
  [0.3, -0.5244005127080407],
  [0.5, 0],
  [0.6, 0.2533471031357998],
  [0.925, 1.439531470938456],
  [0.93, 1.4757910281791708],
  [0.999, 3.090232306167813],
  [1 - 1e-9, 5.997807019601638],
])("the quantile of %d is %d, bit for bit", (p, quantile) => {
  expect(normalQuantile(p)).toBe(quantile);
});

test("quantiles rise with p, and are symmetric", () => {
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 1; i < 4096; i++) {
    const quantile = normalQuantile(i / 4096);
    expect(quantile).toBeGreaterThan(last);
    expect(normalQuantile(1 - i / 4096)).toBe(quantile === 0 ? 0 : -quantile);
    last = quantile;
  }
});
