import { describe, expect, test } from "vitest";
import { modelNamesOf, modelByName } from "../../src/models/by-name.ts";
import { buildNetwork, type NetworkConfig } from "../../src/programs/network.ts";
import { initialParameters } from "../../src/programs/parameters.ts";
import { samplerProgram } from "../../src/programs/step-program.ts";
import { openDrawer } from "../../src/runtime/step/draw.ts";
import { describeNetwork } from "../../src/tasks/info.ts";

const network = (
  model: string,
  modelConfig: NetworkConfig["modelConfig"],
  channels: number,
  likelihood: NetworkConfig["likelihood"] = "bernoulli",
): NetworkConfig => ({ model, modelConfig, likelihood, levels: 2, size: { channels, rows: 4, cols: 8 } });

const takes = (config: NetworkConfig) => {
  const { multiplyAddsPerPixel, sampler } = describeNetwork(config);
  return { all: multiplyAddsPerPixel!, ...sampler!.multiplyAddsPerPixel };
};

describe("multiply-adds per pixel, and when they are done", () => {
  test("PixelCNN, grey: all before the pixel is drawn", () => {
    const sizes = { width: 2, depth: 1, head: 4 };
    // 24 earlier pixels in 7 x 7; 4 -> 2, 2 -> 2 in 5 of 3 x 3, 2 -> 4; 4 -> 4 -> 4 -> 1.
    const all = 24 * 4 + (8 + 5 * 4 + 8) + (16 + 16 + 4);
    expect(takes(network("pixelcnn", sizes, 1))).toEqual({
      all,
      row: 0,
      pixel: all,
      colours: [],
      after: 0,
      rowEnd: 0,
    });
  });

  test("PixelCNN, colour: a group of maps before each colour", () => {
    const sizes = { width: 3, depth: 1, head: 3 };
    // Two of six maps, one of three, two logits; group g sees the colours before it here, and groups 0 to g.
    const group = (g: number) => {
      const first = 2 * (24 * 3 + g);
      const block = 2 * (g + 1) + (4 * 3 + g + 1) + 2 * (g + 1);
      const head = 2 * (g + 1) + (g + 1) + 2 * (g + 1);
      return first + block + head;
    };
    expect(takes(network("pixelcnn", sizes, 3, "categorical"))).toEqual({
      all: group(0) + group(1) + group(2),
      row: 0,
      pixel: group(0),
      colours: [group(1), group(2)],
      after: 0,
      rowEnd: 0,
    });
  });

  test("Gated PixelCNN, grey: the vertical stack and its links with the row", () => {
    const sizes = { width: 2, depth: 1, kernel: 3, head: 2 };
    const vertical = [3 * 7 * 4, 2 * 3 * 2 * 4];
    const link = 4 * 4;
    const horizontal = 3 * 4 + 4 + (2 * 2 * 4 + 4) + (4 + 2);
    expect(takes(network("gated-pixelcnn", sizes, 1))).toEqual({
      all: vertical[0]! + vertical[1]! + 2 * link + horizontal,
      // The last vertical layer is only read by its link, so the two are one convolution.
      row: vertical[0]! + vertical[1]! + link,
      pixel: horizontal,
      colours: [],
      after: 0,
      rowEnd: 0,
    });
  });

  test("Gated PixelCNN, colour: the horizontal stack by groups", () => {
    const sizes = { width: 3, depth: 1, kernel: 3, head: 3 };
    const vertical = [3 * 7 * 3 * 6, 2 * 3 * 3 * 6];
    const link = 6 * 6;
    const group = (g: number) => 2 * (3 * 3 + g) + (g + 1) + 2 * (3 + g + 1) + (g + 1) + (g + 1) + (g + 1);
    expect(takes(network("gated-pixelcnn", sizes, 3))).toEqual({
      all: vertical[0]! + vertical[1]! + 2 * link + group(0) + group(1) + group(2),
      row: vertical[0]! + vertical[1]! + link,
      pixel: group(0),
      colours: [group(1), group(2)],
      after: 0,
      rowEnd: 0,
    });
  });

  test("PixelCNN++: u with the row, ul with the pixel, and those of half the rows and columns at a quarter of the pixels", () => {
    const w = 2;
    // Concatenated ELU has twice the maps. A layer has three convolutions, of two rows of three columns or of two, and
    // a 1x1 one of what comes in: of u alone into ul with the row.
    const u = { up: 3 * 6 * 2 * w ** 2 + 2 * w ** 2, down: 3 * 6 * 2 * w ** 2 + 2 * w ** 2 };
    const ul = { up: 3 * 4 * 2 * w ** 2, down: 3 * 4 * 2 * w ** 2 + 4 * w ** 2 };
    const first = { u: 2 * 6 * w + 2 * 3 * w, ul: 2 * 2 * w };
    const resampled = { u: 2 * 6 * w ** 2, ul: 2 * 4 * w ** 2 };
    const row = first.u + u.up + 2 * u.down + (u.up + u.down + resampled.u) / 4;
    const pixel = first.ul + ul.up + 2 * ul.down + (ul.up + ul.down + resampled.ul) / 4 + w;
    expect(takes(network("pixelcnn-pp", { width: w, layers: 1, resolutions: 2 }, 1))).toEqual({
      all: row + pixel,
      row,
      pixel,
      colours: [],
      after: 0,
      rowEnd: 0,
    });
  });

  test("rows in tiles of four columns take half of the products, six in place of twelve", () => {
    const sizes = { width: 16, depth: 2, kernel: 3, head: 1 };
    const { row } = takes(network("gated-pixelcnn", sizes, 1));
    const links = 2 * 32 * 32;
    // Two rows of three columns, of which the second such layer is one with its link.
    expect(row).toBe(3 * 7 * 32 + links + (2 * (2 * 3 * 16 * 32)) / 2);
  });
});

test("what is remembered does not depend on the height of the picture, but on its width", () => {
  const bytes = (size: NetworkConfig["size"]) => {
    const config = { ...network("gated-pixelcnn", { width: 2, depth: 1, kernel: 3, head: 2 }, 1), size };
    return describeNetwork(config).sampler!.bytesPerPicture;
  };
  const small = bytes({ channels: 1, rows: 8, cols: 8 });
  expect(small).toBeGreaterThan(0);
  expect(bytes({ channels: 1, rows: 80, cols: 8 })).toBe(small);
  expect(bytes({ channels: 1, rows: 8, cols: 80 })).toBeGreaterThan(5 * small);
});

test("of fields of half the size, half the columns are remembered", () => {
  const bytes = (layers: number, cols: number) =>
    describeNetwork({
      ...network("pixelcnn-pp", { width: 4, layers, resolutions: 2 }, 1),
      size: { channels: 1, rows: 8, cols },
    }).sampler!.bytesPerPicture;
  // What a layer more of both resolutions remembers of eight columns more.
  const ofLayers = bytes(2, 80) - bytes(2, 72) - (bytes(1, 80) - bytes(1, 72));
  const ofResolution = (layers: number) => {
    const one = (cols: number) =>
      describeNetwork({
        ...network("pixelcnn-pp", { width: 4, layers, resolutions: 1 }, 1),
        size: { channels: 1, rows: 8, cols },
      }).sampler!.bytesPerPicture;
    return one(80) - one(72);
  };
  expect(ofLayers).toBe(1.5 * (ofResolution(2) - ofResolution(1)));
});

test.each(modelNamesOf("autoregressive"))(
  "the memory of %s's sampler is what drawing a picture takes",
  async (model) => {
    const config = network(model, modelByName(model).defaults, 1);
    const built = buildNetwork(config, 1);
    const weights = initialParameters(built.declarations, 1);
    const drawer = await openDrawer(samplerProgram(built, weights), 1);
    const { bytes, bytesPerPicture } = describeNetwork(config).sampler!;
    expect(bytes).toBe(drawer.bytes);
    expect(bytes).toBeGreaterThan(bytesPerPicture);
  },
);

test.each(modelNamesOf("autoregressive"))(
  "%s draws with no more multiply-adds than a full pass takes",
  (model) => {
    const { all, row, pixel, colours, after, rowEnd } = takes(network(model, modelByName(model).defaults, 3));
    const drawn = [row, pixel, ...colours, after, rowEnd].reduce((total, one) => total + one);
    expect(drawn).toBeGreaterThan(0.3 * all);
    expect(drawn).toBeLessThanOrEqual(1.05 * all);
  },
);
