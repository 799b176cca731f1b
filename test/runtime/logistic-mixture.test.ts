import { describe, expect, test } from "vitest";
import { philox4x32, uniform } from "../../src/basics/philox.ts";
import * as g from "../../src/graph/language.ts";
import { levelAt } from "../../src/likelihood/likelihood.ts";
import { logisticMixture } from "../../src/likelihood/logistic-mixture.ts";
import { evaluate } from "../reference/evaluate.ts";
import { FREE_MEMORY, openKernels } from "../../src/runtime/step/kernels.ts";
import { randomNumbers } from "../graph/primitive-cases.ts";

// The kernel that draws, apart from any network, against the float64 draw and the graph's nats.

const PICTURES = 400;
const COMPONENTS = 10;
const { kernels, memory } = await openKernels(2 ** 20);

/** Draws all channels of a pixel of several pictures, one after the other. */
function drawPixels(
  logits: Float32Array,
  uniforms: Float64Array,
  { levels, channels, temperature }: { levels: number; channels: number; temperature: number },
) {
  const perPicture = logits.length / PICTURES;
  const stride = 4 * perPicture;
  const [uniformsAt, natsAt] = [FREE_MEMORY, FREE_MEMORY + 8 * PICTURES];
  const levelsAt = natsAt + 8 * PICTURES;
  const logitsAt = levelsAt + 16 * PICTURES;
  const nats = new Float64Array(memory.buffer, natsAt, PICTURES).fill(0);
  // What lies behind the last logits is read, and must not count.
  new Float32Array(memory.buffer, logitsAt + 4 * logits.length, 16).fill(NaN);
  new Float32Array(memory.buffer, logitsAt, logits.length).set(logits);
  for (let channel = 0; channel < channels; channel++) {
    const own = uniforms.filter((_, i) => i % channels === channel);
    new Float64Array(memory.buffer, uniformsAt, PICTURES).set(own);
    const to = levelsAt + 4 * channel;
    kernels.logisticMixture(
      ...([logitsAt, stride, uniformsAt, temperature, to, 16, natsAt, PICTURES, levels, channel] as const),
    );
  }
  const drawn = new Float32Array(memory.buffer, levelsAt, 4 * PICTURES);
  const pixels = Array.from({ length: PICTURES }, (_, m) =>
    Array.from(drawn.subarray(4 * m, 4 * m + channels)),
  );
  return { pixels, nats: nats.slice() };
}

const randomUniforms = (count: number) =>
  Float64Array.from({ length: count }, (_, i) => uniform(philox4x32([i, 0, 0, 0], [4, 4])[0]));

/** -log p of each pixel, in float64. */
function natsOf(logits: Float32Array, pixels: readonly (readonly number[])[], levels: number): number[] {
  const [count, channels] = [pixels.length, pixels[0]!.length];
  const nats = logisticMixture(levels).nats(
    g.input("logits", [count, logits.length / count, 1, 1]),
    g.input("pictures", [count, channels, 1, 1]),
  );
  const [values] = evaluate([g.sum(nats, [1])], { logits, pictures: pixels.flat() });
  return [...values!];
}

const CASES = [1, 3].flatMap((channels) =>
  [2, 7, 256].flatMap((levels) => [0.5, 1, 3].map((temperature) => ({ channels, levels, temperature }))),
);

describe.each(CASES)("$channels channel(s) of $levels levels at temperature $temperature", (request) => {
  const { channels, levels, temperature } = request;
  const likelihood = logisticMixture(levels);
  const perPicture = likelihood.logits(channels);
  const logits = Float32Array.from(randomNumbers(PICTURES * perPicture, 8), (value, i) => {
    // Log-scales, at 20, 40 and 70: from -4 to 1.
    const isScale = [2, 4, 7].includes(Math.floor((i % perPicture) / COMPONENTS));
    return isScale ? 1.5 * value - 2 : value;
  });
  const uniforms = randomUniforms(PICTURES * channels);
  const { pixels, nats } = drawPixels(logits, uniforms, request);

  test("the levels are those of the float64 draw", () => {
    const wanted = pixels.map((_, m) => {
      const own = logits.subarray(m * perPicture, (m + 1) * perPicture);
      const pixel: number[] = [];
      for (let c = 0; c < channels; c++) {
        pixel.push(levelAt(likelihood.masses(own, temperature, pixel), uniforms[m * channels + c]!));
      }
      return pixel;
    });
    expect(pixels).toEqual(wanted);
    expect(new Set(pixels.flat()).size).toBeGreaterThan(Math.min(levels, 50) - 1);
  });

  test("the nats are those of the graph, at temperature 1", () => {
    natsOf(logits, pixels, levels).forEach((value, m) => {
      expect(Math.abs(nats[m]! - value)).toBeLessThan(1e-4 * Math.max(1, value));
    });
  });
});

test.each([2, 256])("extreme logits draw levels that exist, of finite nats (%d levels)", (levels) => {
  const channels = 3;
  const extremes = [0, 1e4, -1e4, 5, -5, 1, -1];
  const logits = Float32Array.from(
    { length: PICTURES * 100 },
    (_, i) => extremes[philox4x32([i, 0, 0, 0], [6, 6])[0] % extremes.length]!,
  );
  const uniforms = randomUniforms(PICTURES * channels).map((u, i) => [2 ** -33, 1 - 2 ** -33, u][i % 3]!);
  for (const temperature of [1e-6, 1, 1e6]) {
    const { pixels, nats } = drawPixels(logits, uniforms, { levels, channels, temperature });
    expect(pixels.flat().every((level) => Number.isInteger(level) && level >= 0 && level < levels)).toBe(
      true,
    );
    expect(nats.every(Number.isFinite)).toBe(true);
    natsOf(logits, pixels, levels).forEach((value, m) => {
      expect(Math.abs(nats[m]! - value)).toBeLessThan(2e-3 + 1e-5 * value);
    });
  }
});
