import { describe, expect, test } from "vitest";
import { buildNetwork, type NetworkConfig } from "../../src/programs/network.ts";
import { networkLayers } from "../../src/programs/network-layers.ts";
import { rowEnd } from "../../src/lower/step/times.ts";
import type { LayerSchedule } from "../../src/lower/step/layers.ts";
import { seenPixels } from "../../src/graph/seen-pixels.ts";
import { momentsOfDrawing, momentsOfTraining, progressOf } from "../../src/studio/page/moments.ts";

const SIZES: Readonly<Record<string, NetworkConfig["modelConfig"]>> = {
  pixelcnn: { width: 4, depth: 2, head: 4 },
  "gated-pixelcnn": { width: 4, depth: 2, kernel: 3, head: 4 },
  "row-lstm": { width: 4, depth: 2, head: 4 },
  "diagonal-bilstm": { width: 4, depth: 2, head: 4 },
  pixelsnail: { width: 4, blocks: 1, layers: 1, key: 2, value: 4 },
  "pixelcnn-pp": { width: 4, layers: 1, resolutions: 2 },
};

const configOf = (model: string, channels = 1): NetworkConfig => ({
  model,
  modelConfig: SIZES[model]!,
  likelihood: "categorical",
  levels: 3,
  size: { channels, rows: 6, cols: 6 },
  classes: [
    { name: "a", pictures: 1 },
    { name: "b", pictures: 1 },
  ],
});

const schedulesOf = (config: NetworkConfig): LayerSchedule[] =>
  networkLayers(config).flatMap(({ schedule }) => schedule ?? []);

const timesOf = (config: NetworkConfig, end: string): number[] => [
  ...new Set(
    schedulesOf(config)
      .filter(({ name }) => name.endsWith(end))
      .flatMap(({ times }) => times.map(({ time }) => time)),
  ),
];

test("the vertical stack of Gated PixelCNN is computed before the row, the horizontal one before the pixel", () => {
  const config = configOf("gated-pixelcnn");
  expect(timesOf(config, ".vertical")).toEqual([0]);
  expect(timesOf(config, ".link")).toEqual([0]);
  expect(timesOf(config, ".horizontal")).toEqual([1]);
});

test("of the Diagonal BiLSTM, one direction goes with the pixels, the other waits for the row's end", () => {
  const config = configOf("diagonal-bilstm");
  expect(timesOf(config, ".left.state")).toEqual([1]);
  expect(timesOf(config, ".right.state")).toEqual([rowEnd(1)]);
  const orders = schedulesOf(config).filter(({ order }) => order);
  expect(orders.map(({ name, order }) => [name, order])).toEqual(
    [0, 1].flatMap((layer) => [
      [`layer${layer}.left.state`, { rows: 1, cols: 1 }],
      [`layer${layer}.right.state`, { rows: 1, cols: -1 }],
    ]),
  );
});

test("the channels of a colour wait for the colours before it", () => {
  const { times } = schedulesOf(configOf("pixelcnn", 3)).find(({ name }) => name === "logits")!;
  expect(times).toEqual([1, 2, 3].map((time) => ({ time, channels: 3 })));
});

describe.each(Object.keys(SIZES))("the layers of %s", (model) => {
  const config = configOf(model);
  const layers = networkLayers(config);
  const schedules = schedulesOf(config);
  const { size } = config;
  const positions = Array.from({ length: 36 }, (_, i) => ({ row: Math.floor(i / 6), col: i % 6 }));
  const isIn = ({ row, col }: { row: number; col: number }) => row >= 0 && col >= 0 && row < 6 && col < 6;

  test("have all parameters, once", () => {
    const names = layers.flatMap(({ parameters }) => parameters.map(({ name }) => name));
    const { declarations } = buildNetwork(config, 1);
    expect(names.toSorted()).toEqual(declarations.map(({ name }) => name).toSorted());
  });

  test.each([
    ["drawing", momentsOfDrawing],
    ["training", momentsOfTraining],
  ])("are computed everywhere, once, after what they read, in %s", (kind, momentsOf) => {
    const moments = momentsOf(schedules, size);
    for (const layer of schedules) {
      const onGrid = positions.filter(
        ({ row, col }) => row % layer.stride[0] === 0 && col % layer.stride[1] === 0,
      );
      for (const at of onGrid) {
        const done = moments.map((moment) => progressOf(layer, schedules, moment, size)(at.row, at.col));
        expect(done.reduce((sum, { now }) => sum + now, 0)).toBeCloseTo(1);
        const last = moments[done.findLastIndex(({ now }) => now > 0)]!;
        for (const read of layer.reads) {
          const source = schedules.find(({ name }) => name === read.layer);
          const place = { row: at.row + read.rows, col: at.col + read.cols };
          // Where strides differ, not every position is read at every phase.
          if (!source || !isIn(place) || model === "pixelcnn-pp") continue;
          const { before, now } = progressOf(source, schedules, last, size)(place.row, place.col);
          // A row from the right is computed in one moment.
          const isBefore = source === layer && kind === "training";
          expect([read, isBefore ? before : before + now]).toEqual([read, 1]);
        }
        if (kind === "training") expect(done.filter(({ now }) => now > 0)).toHaveLength(1);
      }
    }
  });

  // What attention reads is not listed, and strides have phases.
  test.skipIf(model === "pixelsnail" || model === "pixelcnn-pp")("read what the network sees", () => {
    const { logits, picture } = buildNetwork(config, 1);
    const seen = seenPixels(logits, picture);
    const at = { row: 5, col: 2 };
    const found = new Uint8Array(36);
    const known = new Set<string>();
    const visit = (name: string, row: number, col: number): void => {
      if (known.has(`${name} ${row} ${col}`)) return;
      known.add(`${name} ${row} ${col}`);
      for (const read of schedules.find((one) => one.name === name)!.reads) {
        const place = { row: row + read.rows, col: col + read.cols };
        if (!isIn(place)) continue;
        if (read.layer === undefined) found[place.row * 6 + place.col] = 1;
        else visit(read.layer, place.row, place.col);
      }
    };
    visit("logits", at.row, at.col);
    const missing = [...seen(at)].filter((one, pixel) => one === 1 && found[pixel] === 0).length;
    const extra = [...found].filter((one, pixel) => one === 1 && seen(at)[pixel] === 0).length;
    expect({ missing, extra }).toEqual({ missing: 0, extra: 0 });
  });
});
