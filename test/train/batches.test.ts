import { expect, test } from "vitest";
import { cropped } from "../../src/data/crop.ts";
import { memoryDataset } from "../../src/data/dataset.ts";
import { trainingOrder } from "../../src/data/order.ts";
import { trainingBatches } from "../../src/train/batches.ts";

const SIDE = 6;
const COUNT = 5;
/** Every pixel of every picture has a level of its own. */
const whole = memoryDataset({
  name: "numbers",
  size: { channels: 1, rows: SIDE, cols: SIDE },
  levels: 256,
  pixels: Uint8Array.from({ length: COUNT * SIDE * SIDE }, (_, i) => i),
});
const crops = cropped(whole, { rows: 2, cols: 3 });
const options = { batch: 4, seed: 7, crop: true, mirror: true };
const STEPS = 200;

const inSteps = async (from: typeof crops, wanted: typeof options) => {
  const batches = trainingBatches(from, wanted);
  return Promise.all(Array.from({ length: STEPS }, (_, step) => batches(step)));
};

/** Where the pictures of a batch lie, and which way round they are. */
const viewsOf = ({ levels }: { levels: Uint8Array }) =>
  Array.from({ length: options.batch }, (_, i) => {
    const rows = [levels.subarray(i * 6, i * 6 + 3), levels.subarray(i * 6 + 3, i * 6 + 6)];
    const isMirrored = rows[0]![0]! > rows[0]![2]!;
    const corner = Math.min(...rows[0]!) % (SIDE * SIDE);
    for (const [row, values] of rows.entries()) {
      const straight = isMirrored ? [...values].reverse() : [...values];
      const start = Math.min(...rows[0]!) + row * SIDE;
      expect(straight).toEqual([start, start + 1, start + 2]);
    }
    return { top: Math.floor(corner / SIDE), left: corner % SIDE, isMirrored };
  });

test("a batch depends on its step alone, in the training order", async () => {
  const all = await inSteps(crops, options);
  const late = trainingBatches(crops, options);
  expect(await late(150)).toEqual(all[150]);
  const order = trainingOrder(COUNT, options.seed);
  for (const [step, { indices }] of all.entries()) expect(indices).toEqual(order(step, options.batch));
  expect(await inSteps(crops, { ...options, seed: 8 })).not.toEqual(all);
});

test("crops lie everywhere, and half of the pictures are flipped, each use anew", async () => {
  const views = (await inSteps(crops, options)).flatMap(viewsOf);
  const places = new Map<string, number>();
  for (const { top, left } of views) places.set(`${top} ${left}`, (places.get(`${top} ${left}`) ?? 0) + 1);
  expect(places.size).toBe(5 * 4);
  // 800 draws of 20 places: 40 each, with a standard deviation of about 6.
  for (const count of places.values()) expect(Math.abs(count - 40)).toBeLessThan(25);
  const mirrored = views.filter(({ isMirrored }) => isMirrored).length;
  expect(Math.abs(mirrored - 400)).toBeLessThan(60);
});

test("without crops they lie in the centre, without mirroring they are as they were", async () => {
  const centred = (await inSteps(crops, { ...options, crop: false })).flatMap(viewsOf);
  expect(new Set(centred.map(({ top, left }) => `${top} ${left}`))).toEqual(new Set(["2 1"]));
  const upright = (await inSteps(crops, { ...options, mirror: false })).flatMap(viewsOf);
  expect(upright.some(({ isMirrored }) => isMirrored)).toBe(false);
});

test("flipping turns every row of every channel round", async () => {
  const colours = memoryDataset({
    name: "colours",
    size: { channels: 2, rows: 1, cols: 3 },
    levels: 8,
    pixels: Uint8Array.of(1, 2, 3, 4, 5, 6),
  });
  const batches = trainingBatches(colours, { ...options, batch: 32, crop: false });
  const { levels } = await batches(0);
  const kinds = new Set(Array.from({ length: 32 }, (_, i) => levels.subarray(i * 6, i * 6 + 6).join("")));
  expect(kinds).toEqual(new Set(["123456", "321654"]));
});
