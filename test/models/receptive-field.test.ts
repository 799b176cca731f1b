import { describe, expect, test } from "vitest";
import { receptiveField } from "../../src/graph/receptive-field.ts";
import { modelByName } from "../../src/models/by-name.ts";
import { buildNetwork } from "../../src/programs/network.ts";

/** A model as it comes. */
const networkOf = (model: string, changed: Readonly<Record<string, number>> = {}) =>
  buildNetwork(
    {
      model,
      modelConfig: { ...modelByName(model).defaults, ...changed },
      likelihood: "bernoulli",
      levels: 2,
      size: { channels: 1, rows: 28, cols: 28 },
    },
    1,
  );

/** What a pixel far from all edges sees in it. */
function seen(model: string, changed: Readonly<Record<string, number>> = {}) {
  const { logits, picture } = networkOf(model, changed);
  return receptiveField(logits, picture)!;
}

test("PixelCNN has a blind spot to the upper right", () => {
  const { blindPixels, drawing } = seen("pixelcnn");
  expect(blindPixels).toBeGreaterThan(0);
  // The row above the pixel.
  expect(drawing.split("\n").at(-2)).toMatch(/^#+\.+$/);
});

test("a larger kernel of PixelCNN sees further up, and further right in each row: its blind spot is narrower", () => {
  const seenRight = (kernel: number) => {
    const { above, right, drawing } = seen("pixelcnn", { depth: 2, kernel });
    const twoAbove = drawing.split("\n").at(-3)!;
    return { above, twoAbove: right - /\.*$/.exec(twoAbove)![0].length };
  };
  expect(seenRight(3)).toEqual({ above: 5, twoAbove: 4 });
  expect(seenRight(5)).toEqual({ above: 7, twoAbove: 5 });
});

test("Gated PixelCNN has none: three rows of the first layer, and one more of each that follows", () => {
  for (const depth of [1, 4, 7]) {
    const { blindPixels, above, left, right } = seen("gated-pixelcnn", { depth });
    expect({ blindPixels, above, left, right }).toEqual({
      blindPixels: 0,
      above: 3 + depth,
      left: 3 + depth,
      right: 3 + depth,
    });
  }
});

test("PixelSNAIL sees every earlier pixel, with one block of one layer too", () => {
  for (const changed of [{}, { blocks: 1, layers: 1 }]) {
    const { pixels, blindPixels, above, left, right } = seen("pixelsnail", changed);
    expect({ pixels, blindPixels, above, left, right }).toEqual({
      pixels: 27 * 55 + 27,
      blindPixels: 0,
      above: 27,
      left: 27,
      right: 27,
    });
  }
});

describe("PixelCNN++", () => {
  const { logits, picture } = networkOf("pixelcnn-pp");
  const all = 27 * 55 + 27;

  test("sees every earlier pixel where the smallest fields have their positions", () => {
    const { pixels, blindPixels, period, pixel } = receptiveField(logits, picture)!;
    expect({ pixels, blindPixels, period, pixel }).toEqual({
      pixels: all,
      blindPixels: 0,
      period: [4, 4],
      pixel: { row: 0, col: 0 },
    });
  });

  test("in the rows between these knows the ones above it from its own resolution alone", () => {
    const { drawing, pixels } = receptiveField(logits, picture, { row: 1, col: 1 })!;
    const lines = drawing.split("\n");
    expect(pixels).toBeLessThan(all);
    expect(lines.at(-2)).toMatch(/^#+\.+$/);
    for (const line of lines.slice(0, -2)) expect(line).toMatch(/^#+$/);
  });

  test("of one resolution sees all of the row above that it reaches, and so do all pixels", () => {
    const { logits, picture } = networkOf("pixelcnn-pp", { resolutions: 1, layers: 2 });
    const { drawing, period } = receptiveField(logits, picture)!;
    expect(drawing.split("\n").at(-2)).toMatch(/^#+$/);
    expect(period).toEqual([1, 1]);
  });

  test("refuses pictures whose rows and columns cannot be halved so often", () => {
    expect(() => networkOf("pixelcnn-pp", { resolutions: 4 })).toThrow(
      expect.objectContaining({
        code: "ARGUMENT",
        message:
          'expected rows and columns that are multiples of 8 for pictures of pixelcnn-pp with 4 resolutions, received "28x28"',
      }),
    );
  });
});

test("a kernel without a middle is refused", () => {
  expect(() => seen("gated-pixelcnn", { kernel: 4 })).toThrow(
    expect.objectContaining({
      code: "ARGUMENT",
      message: "expected an odd number for the kernel, received 4",
    }),
  );
});
