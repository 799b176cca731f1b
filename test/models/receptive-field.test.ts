import { expect, test } from "vitest";
import { receptiveField } from "../../src/graph/receptive-field.ts";
import { modelByName } from "../../src/models/by-name.ts";
import { buildNetwork } from "../../src/programs/network.ts";

/** What a pixel far from all edges sees in a model as it comes. */
function seen(model: string, changed: Readonly<Record<string, number>> = {}) {
  const { logits, picture } = buildNetwork(
    {
      model,
      modelConfig: { ...modelByName(model).defaults, ...changed },
      likelihood: "bernoulli",
      levels: 2,
      size: { channels: 1, rows: 28, cols: 28 },
    },
    1,
  );
  return receptiveField(logits, picture)!;
}

test("PixelCNN has a blind spot to the upper right", () => {
  const { blindPixels, drawing } = seen("pixelcnn");
  expect(blindPixels).toBeGreaterThan(0);
  // The row above the pixel.
  expect(drawing.split("\n").at(-2)).toMatch(/^#+\.+$/);
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

test("a kernel without a middle is refused", () => {
  expect(() => seen("gated-pixelcnn", { kernel: 4 })).toThrow(
    expect.objectContaining({
      code: "ARGUMENT",
      message: "expected an odd number for the kernel, received 4",
    }),
  );
});
