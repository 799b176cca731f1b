import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openSampler } from "../src/browser.ts";
import { readBounded } from "../src/files/bounded-read.ts";
import {
  holdOut,
  ImageModel,
  memoryDataset,
  openDataset,
  resume,
  savePictures,
  train,
  type Dataset,
} from "../src/index.ts";
import { readRunConfig } from "../src/run/config.ts";
import { temporaryFolder } from "./data/temporary-folder.ts";

// What every function of the library does with numbers that make no sense: it says so, as the command line does, before
// it does anything.

const NO_NUMBER = [Number.NaN, Infinity, -Infinity, "1", [1], true, {}];
const NO_WHOLE = [...NO_NUMBER, -1, 0.5, 2 ** 53];
const COUNT = [...NO_WHOLE, 0];
const POSITIVE = [...NO_NUMBER, 0, -1, 1e-50, 1e50];
const SHARE = [...NO_NUMBER, 0, 1, -0.5, 1.5];
const EXTENT = [
  ...COUNT.flatMap((bad) => [
    { rows: bad, cols: 4 },
    { rows: 4, cols: bad },
  ]),
  4,
  "4x4",
];

type Call = (bad: never) => unknown;
type Row = readonly [option: string, bad: readonly unknown[], call: Call];

let folder: string;
let run: string;
let digits: Dataset;
let model: ImageModel;
const TINY = { steps: 1, batch: 4, sizes: { width: 2, depth: 1 }, shares: 1 };

beforeAll(async () => {
  folder = await temporaryFolder();
  run = join(folder, "run");
  digits = await openDataset("digits");
  await train({ dataset: "digits", out: run, ...TINY }, { threads: 1 });
  model = await ImageModel.load(run);
}, 120_000);

const isGiven = new Uint8Array(64).fill(1, 0, 8);
const given = { levels: new Uint8Array(64), isGiven };
const take = async (events: AsyncGenerator<unknown>) => {
  for await (const _ of events) return;
};

const DRAWING: readonly (readonly [option: string, bad: readonly unknown[]])[] = [
  ["count", COUNT],
  ["seed", NO_WHOLE],
  // The pictures of a seed are numbered with 32 bits.
  ["first", [...NO_WHOLE, 2 ** 32]],
  ["temperature", [...POSITIVE, 1e-7, 1e7]],
  ["workers", COUNT],
];
const WHOLE_PICTURES = [...DRAWING, ["size", EXTENT] as const];

const SAMPLER: readonly Row[] = WHOLE_PICTURES.flatMap(([option, bad]): Row[] => [
  [`sample ${option}`, bad, (value) => model.sample({ count: 1, workers: 1, [option]: value })],
  [`stream ${option}`, bad, (value) => take(model.stream({ count: 1, workers: 1, [option]: value }))],
  [
    `the browser's sampler ${option}`,
    bad,
    async (value) => {
      const file = join(run, "checkpoints/best.safetensors");
      const config = (await readRunConfig(run)) as never;
      const options = { count: 1, workers: 1, [option]: value };
      await take(openSampler(config, await readBounded(file, 2 ** 20), options).stream(options));
    },
  ],
]);

const COMPLETE: readonly Row[] = [
  ...DRAWING.filter(([option]) => option !== "first"),
  ["rows", [...NO_WHOLE, 9]] as const,
  ["limit", COUNT] as const,
].map(([option, bad]): Row => [
  `complete ${option}`,
  bad,
  (value) => model.complete("digits:test", { limit: 1, workers: 1, [option]: value }),
]);

const SCORE: readonly Row[] = (["limit", "threads"] as const).map((option): Row => [
  `score ${option}`,
  option === "threads" ? [...COUNT, 1025] : COUNT,
  (value) => model.score("digits:test", { limit: 1, threads: 1, [option]: value }),
]);

const TRAINING: readonly Row[] = [
  ["levels", [...COUNT, 1, 257]] as const,
  ["steps", COUNT] as const,
  ["epochs", COUNT] as const,
  ["limit", COUNT] as const,
  ["batch", [...COUNT, 65_537]] as const,
  ["shares", [...COUNT, 1025]] as const,
  ["optimizer", ["sgd", "", 1, "toString"]] as const,
  ["lr", POSITIVE] as const,
  ["warmup", NO_WHOLE] as const,
  ["decay", [...POSITIVE, 1.5, "linear"]] as const,
  ["clip", POSITIVE] as const,
  ["ema", [...NO_NUMBER, -0.1, 1, 2, 1 - 1e-12]] as const,
  ["beta1", [...NO_NUMBER, -0.1, 1, 2, 1 - 1e-12]] as const,
  ["beta2", [...NO_NUMBER, -0.1, 1, 2, 1 - 1e-12]] as const,
  ["weightDecay", POSITIVE] as const,
  ["dropout", SHARE] as const,
  ["seed", NO_WHOLE] as const,
  ["validFraction", SHARE] as const,
  ["evalEvery", COUNT] as const,
  ["checkpointEvery", COUNT] as const,
  ["keep", COUNT] as const,
  ["patience", COUNT] as const,
  ["crop", EXTENT] as const,
  ["sizes", COUNT.map((bad) => ({ width: bad, depth: 1 }))] as const,
].map(([option, bad]): Row => [
  `train ${option}`,
  bad,
  (value) => {
    const model = option === "dropout" ? { model: "pixelsnail", sizes: {} } : {};
    const steps = option === "epochs" ? { steps: undefined } : {};
    const asked = { ...TINY, ...model, ...steps, [option]: value };
    return train({ dataset: "digits", out: join(folder, "new"), ...asked });
  },
]);

const OTHERS: readonly Row[] = [
  [
    "train threads",
    [...COUNT, 1025],
    (threads) => train({ dataset: digits, out: join(folder, "new"), ...TINY }, { threads }),
  ],
  ["resume threads", [...COUNT, 1025], (threads) => resume(run, { threads })],
  ["openDataset levels", [...COUNT, 1, 257], (levels) => openDataset("digits", { levels })],
  ["openDataset crop", EXTENT, (crop) => openDataset("digits", { crop })],
  ["holdOut fraction", SHARE, (fraction) => holdOut(digits, fraction, 0)],
  ["holdOut seed", NO_WHOLE, (seed) => holdOut(digits, 0.5, seed)],
  [
    "memoryDataset levels",
    [...COUNT, 1, 257],
    (levels) =>
      memoryDataset({
        name: "a",
        size: { channels: 1, rows: 1, cols: 1 },
        levels,
        pixels: new Uint8Array(1),
      }),
  ],
  ...["channels", "rows", "cols"].map((side): Row => [
    `memoryDataset ${side}`,
    COUNT,
    (value) => {
      const size = { channels: 1, rows: 1, cols: 1, [side]: value };
      return memoryDataset({ name: "a", size, levels: 2, pixels: new Uint8Array(1) });
    },
  ]),
  ...(["count", "levels", "columns"] as const).map((option): Row => [
    `savePictures ${option}`,
    COUNT,
    (value) => {
      const size = { channels: 1, rows: 1, cols: 1 };
      const drawn = { pictures: new Uint8Array(1), count: 1, size, levels: 2, [option]: value };
      return savePictures(join(folder, "new.png"), drawn);
    },
  ]),
  [
    "load checkpoint",
    [...NO_WHOLE, "first", ""].filter((bad) => bad !== "1"),
    (checkpoint) => ImageModel.load(run, { checkpoint }),
  ],
];

const shownAs = (value: unknown) => (typeof value === "number" ? String(value) : JSON.stringify(value));

describe.each([...SAMPLER, ...COMPLETE, ...SCORE, ...TRAINING, ...OTHERS])("%s", (_, bad, call) => {
  test("is refused where it makes no sense", async () => {
    const accepted: string[] = [];
    for (const value of bad) {
      const outcome = await (async () => call(value as never))().then(
        () => "accepted",
        (error: { code?: string; message: string }) =>
          error.code === "ARGUMENT" ? undefined : `${error.code}: ${error.message}`,
      );
      if (outcome !== undefined) accepted.push(`${shownAs(value)}: ${outcome}`);
    }
    const left = await readdir(folder);
    for (const name of left) if (name !== "run") await rm(join(folder, name), { recursive: true });
    expect({ accepted, left }).toEqual({ accepted: [], left: ["run"] });
  });
});

test("what is at the edge of its range is accepted", async () => {
  for (const temperature of [1e-6, 1e6])
    expect((await model.sample({ count: 1, workers: 1, temperature })).count).toBe(1);
  expect((await model.sample({ count: 1, first: 2 ** 32 - 1, seed: 2 ** 53 - 1, given })).count).toBe(1);
  expect((await model.score("digits:test", { limit: 2 ** 40 })).images).toBe(1797);
});
