import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCodes } from "../../src/data/formats/code-maps.ts";
import { holdOut, pictureLength, subset, type Dataset } from "../../src/data/dataset.ts";
import { openDataset } from "../../src/data/open.ts";
import { codePriorOf } from "../../src/families/code-prior.ts";
import { dequantise } from "../../src/data/quantise.ts";
import { encodeNpy } from "../../src/pictures/npy.ts";
import { encodePng } from "../../src/pictures/png.ts";
import { collect } from "../../src/programs/drawn-pictures.ts";
import { NETWORK } from "../../src/programs/network.ts";
import { openNetworkSampler } from "../../src/programs/sampler.ts";
import { readRunConfig } from "../../src/run/config.ts";
import { loadSavedModel } from "../../src/run/saved-model.ts";
import { startNodeWorker } from "../../src/runtime/workers/node.ts";
import { ImageModel } from "../../src/tasks/image-model.ts";
import { findLearningRate } from "../../src/train/find-lr.ts";
import type { TrainRequest } from "../../src/train/request.ts";
import { resume, resumeAsked, train } from "../../src/train/train.ts";

let folder: string;
let digits: Dataset;
const at = (run: string) => join(folder, run);

const tokenizerRequest = (run: string, given: Partial<TrainRequest> = {}): TrainRequest => ({
  dataset: digits,
  out: at(run),
  model: "fsq",
  sizes: { width: 8, blocks: 1, downsampling: 4, codeChannels: 3, codeLevels: 3 },
  steps: 6,
  batch: 8,
  shares: 1,
  lr: 0.01,
  warmup: 2,
  ema: 0.8,
  evalEvery: 3,
  validFraction: 0.2,
  ...given,
});

const priorRequest = (run: string, given: Partial<TrainRequest> = {}): TrainRequest => ({
  ...tokenizerRequest(run),
  model: "gated-pixelcnn",
  sizes: { width: 4, depth: 2, head: 4 },
  tokenizer: at("tokenizer"),
  classConditional: true,
  ...given,
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nextpixel-tokenizer-"));
  const all = await openDataset("digits", { labels: true });
  digits = subset(
    all,
    Uint32Array.from({ length: 60 }, (_, i) => i),
  );
  await train(tokenizerRequest("tokenizer"), { threads: 1 });
  await train(priorRequest("prior"), { threads: 1 });
});
afterAll(() => rm(folder, { recursive: true }));

/** What a run keeps of its training. */
async function filesOf(run: string): Promise<Record<string, Buffer>> {
  const names = (await readdir(at(run), { recursive: true })).filter((name) =>
    /\.(safetensors|npy|png)$/.test(name),
  );
  const contents = await Promise.all(names.map((name) => readFile(join(at(run), name))));
  return Object.fromEntries(names.map((name, i) => [name, contents[i]!]));
}

/** Trains until a step, and goes on from there. */
async function stoppedAndResumed(request: TrainRequest, step: number): Promise<void> {
  const stop = new AbortController();
  const stopped = train(request, {
    threads: 1,
    signal: stop.signal,
    onEvent: (event) => void (event.type === "progress" && event.step === step && stop.abort()),
  });
  await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });
  await resume(request.out, { threads: 1, pictures: { dataset: digits } });
}

test.each([
  ["a tokenizer", tokenizerRequest],
  [
    "a tokenizer with a discriminator",
    (run: string) => tokenizerRequest(run, { settings: { adversarial: 0.3, ganLoss: "dcgan" } }),
  ],
  [
    "a network that draws codes of flipped pictures",
    (run: string) => priorRequest(run, { mirror: true, views: 3 }),
  ],
  ["a network with positions that draws codes", (run: string) => priorRequest(run, { positions: true })],
] as const)("%s is the same from the same seed, and after a stop", async (name, request) => {
  const [whole, parts] = [`${name}, whole`, `${name}, stopped`];
  const { valid } = await train(request(whole), { threads: 1 });
  await stoppedAndResumed(request(parts), 4);
  const { "checkpoints/step-00000004.safetensors": _, ...resumed } = await filesOf(parts);
  const files = await filesOf(whole);
  for (const file of Object.keys(resumed)) expect(resumed[file], file).toEqual(files[file]);
  expect(resumed).toHaveProperty(["checkpoints/step-00000006.safetensors"]);
  expect(Object.values(valid).every(Number.isFinite)).toBe(true);
});

test("a tokenizer reports what codes keep, and how they are used", async () => {
  const model = await ImageModel.load(at("tokenizer"));
  const figures = ["psnr", "reconstruction", "bitsPerDimBound", "perplexity", "codesUsed"];
  const lines = (await readFile(join(at("tokenizer"), "metrics.jsonl"), "utf8")).trim().split("\n");
  const { valid } = JSON.parse(lines.at(-1)!) as { valid: Record<string, number> };
  expect(Object.keys(valid)).toEqual(figures);
  // The same pictures, encoded, decoded and compared by the tasks.
  const request = tokenizerRequest("x");
  const held = holdOut(digits, request.validFraction!, 0).valid;
  const { fidelity, bound, bitsPerDim } = await model.score(held);
  expect(bound).toBe("codes");
  expect(fidelity!.perplexity).toBeCloseTo(valid["perplexity"]!, 6);
  expect(fidelity!.codesUsed).toBeCloseTo(valid["codesUsed"]!, 6);
  // Of the newest weights, and these are the best: of levels there, of 8-bit values here.
  expect(fidelity!.psnr).toBeCloseTo(valid["psnr"]!, 1);
  expect(bitsPerDim).toBeCloseTo(valid["bitsPerDimBound"]!, 4);
  expect(fidelity!.codeBitsPerPixel).toBeCloseTo((3 * Math.log2(3)) / 16, 10);
});

test("pictures become codes and codes pictures, as reconstruct makes them", async () => {
  const model = await ImageModel.load(at("tokenizer"));
  const maps = await model.encode(digits, { limit: 5 });
  expect(maps).toMatchObject({ count: 5, size: { channels: 3, rows: 2, cols: 2 }, levels: 3 });
  const { pictures } = await model.decode(maps);
  expect(pictures).toEqual((await model.reconstruct(digits, { limit: 5 })).pictures);
  // Maps of other sizes are decoded too.
  const wide = { ...maps, count: 1, size: { channels: 3, rows: 5, cols: 2 }, codes: maps.codes.slice(0, 30) };
  expect((await model.decode(wide)).size).toEqual({ channels: 1, rows: 20, cols: 8 });

  const file = at("codes.npy");
  await writeFile(file, encodeNpy(maps.codes, [5, 3, 2, 2]));
  expect(await readCodes(file, { channels: 3, levels: 3 })).toEqual(maps);
  await expect(readCodes(file, { channels: 4, levels: 3 })).rejects.toThrow(
    "of the shape (maps, 4, rows, columns)",
  );
  await expect(readCodes(file, { channels: 3, levels: 2 })).rejects.toThrow(
    "expected codes from 0 to 1, received 2",
  );
  const wrong = { ...maps, codes: maps.codes.with(3, 3) };
  await expect(model.decode(wrong)).rejects.toThrow("expected codes from 0 to 2 for the codes, received 3");
});

test("a tokenizer reads pictures of other sizes, or the centre of larger ones", async () => {
  const pixels = Uint8Array.from({ length: 24 * 24 }, (_, i) => (i * 7) % 17);
  const wide = {
    ...subset(digits, [0]),
    size: { channels: 1, rows: 24, cols: 24 },
    read: async () => pixels,
  };
  const whole = await ImageModel.load(at("tokenizer"), { size: { rows: 24, cols: 24 } });
  const maps = await whole.encode(wide);
  expect(maps.size).toEqual({ channels: 3, rows: 6, cols: 6 });
  expect((await whole.decode(maps)).pictures).toEqual((await whole.reconstruct(wide)).pictures);
  expect((await whole.score(wide)).fidelity!.codeBitsPerPixel).toBeCloseTo((3 * Math.log2(3)) / 16, 10);
  // From a file, the centre of the size is read.
  const file = at("wide.png");
  const data = dequantise(pixels, 17);
  await writeFile(file, encodePng({ width: 24, height: 24, channels: 1, data }));
  const large = await ImageModel.load(at("tokenizer"), { size: { rows: 16, cols: 16 } });
  const centre = Uint8Array.from({ length: 256 }, (_, i) => pixels[(4 + (i >> 4)) * 24 + 4 + (i & 15)]!);
  const cut = { ...wide, size: { channels: 1, rows: 16, cols: 16 }, read: async () => centre };
  expect((await large.encode(file)).codes).toEqual((await large.encode(cut)).codes);
  await expect(ImageModel.load(at("tokenizer"), { size: { rows: 10, cols: 8 } })).rejects.toThrow(
    "a multiple of 4",
  );
  for (const rows of [0, -8, 8.5, Number.NaN])
    await expect(ImageModel.load(at("tokenizer"), { size: { rows, cols: 8 } })).rejects.toThrow("size rows");
  await expect(ImageModel.load(at("prior"), { size: { rows: 8, cols: 8 } })).rejects.toThrow(
    "expected a tokenizer for a size of pictures",
  );
});

test("codes are a fixed point of decoding and encoding, once pictures are reconstructed well", async () => {
  const few = subset(digits, Uint32Array.of(0, 1, 2, 3));
  const sizes = { width: 12, blocks: 1, downsampling: 4, codeChannels: 3, codeLevels: 3 };
  const given = {
    dataset: few,
    valid: few,
    validFraction: undefined,
    steps: 300,
    batch: 4,
    evalEvery: 300,
    sizes,
  };
  const { valid } = await train(tokenizerRequest("overfit", { ...given, ema: 0.98 }), { threads: 1 });
  expect(valid["psnr"]).toBeGreaterThan(20);
  const model = await ImageModel.load(at("overfit"));
  const maps = await model.encode(few);
  const { pictures } = await model.decode(maps);
  const again = await model.encode({ ...few, read: async () => pictures });
  const same = again.codes.filter((code, i) => code === maps.codes[i]);
  expect(same.length).toBeGreaterThanOrEqual(0.9 * maps.codes.length);
});

describe("a network that draws codes", () => {
  let model: ImageModel;
  beforeAll(async () => void (model = await ImageModel.load(at("prior"))));

  test("keeps its tokenizer and its codes, and knows pictures", async () => {
    const { network, data } = await readRunConfig(at("prior"));
    expect(network).toMatchObject({
      size: { channels: 1, rows: 8, cols: 8 },
      levels: 17,
      tokenizer: { model: "fsq" },
    });
    expect(data.views).toBe(1);
    const maps = await readCodes(join(at("prior"), "codes/train.npy"), { channels: 3, levels: 3 });
    expect(maps.count).toBe(48);
    // The tokenizer's run is not needed any more, and a run with its copy serves as well.
    await train(priorRequest("second", { tokenizer: at("prior"), steps: 1 }), { threads: 1 });
    const second = await readRunConfig(at("second"));
    expect(second.network.tokenizer).toEqual(network.tokenizer);
    expect(model.size).toEqual({ channels: 1, rows: 8, cols: 8 });
  });

  test("draws the same picture of a seed, whatever is drawn beside it, row by row", async () => {
    const all = await model.sample({ count: 40, seed: 5 });
    const length = pictureLength(model.size);
    const some = await model.sample({ count: 3, first: 30, seed: 5, workers: 1 });
    expect(some.pictures).toEqual(all.pictures.slice(30 * length, 33 * length));
    expect(all.nats).toBeUndefined();
    const rows: number[] = [];
    for await (const event of model.stream({ count: 1, size: { rows: 40, cols: 8 } }))
      if (event.kind === "row") rows.push(event.row);
    expect(rows).toEqual(Array.from({ length: 40 }, (_, row) => row));
    const wrong = model.sample({ count: 1, size: { rows: 10, cols: 8 } });
    await expect(wrong).rejects.toThrow("expected a multiple of 4 in rows and columns");
  });

  test("draws what its network draws as a picture of few levels, decoded", async () => {
    const { config, weights } = await loadSavedModel(at("prior"));
    const place = { cores: () => 1, startWorker: startNodeWorker };
    const prior = { config: codePriorOf(config), weights: weights[NETWORK]! };
    const sampler = openNetworkSampler(prior, {}, place);
    const options = { count: 6, seed: 2, classes: [3], temperature: 1.5 };
    const { pictures: codes, size, levels } = await collect(sampler, options);
    sampler.close();
    const { pictures } = await model.sample(options);
    expect((await model.decode({ count: 6, size, levels, codes })).pictures).toEqual(pictures);
    expect(new Set(codes).size).toBe(3);
  });

  test("completes pictures: given pixels stay, missing ones have no influence", async () => {
    const whole = await digits.read([0, 1]);
    const emptied = whole.map((level, i) => (i % 64 < 40 ? level : 0));
    const completed = async (pictures: Uint8Array) =>
      (await model.complete({ ...subset(digits, [0, 1]), read: async () => pictures }, { rows: 5, count: 2 }))
        .pictures;
    const [a, b] = [await completed(whole), await completed(emptied)];
    expect(b).toEqual(a);
    for (let i = 0; i < 4; i++)
      expect(a.slice(i * 64, i * 64 + 40)).toEqual(whole.slice((i >> 1) * 64, (i >> 1) * 64 + 40));
    // What is given does have an influence on what is drawn.
    const other = await completed(Uint8Array.from(whole, (level) => 16 - level));
    expect(other.filter((level, i) => i % 64 >= 40 && level !== a[i]).length).toBeGreaterThan(0);
  });

  test("bounds the likelihood: of the codes, and of the picture given them", async () => {
    const few = subset(digits, [0, 1, 2, 3]);
    const found = await model.score(few);
    const ofTokenizer = await (await ImageModel.load(at("tokenizer"))).score(few);
    expect(found).toMatchObject({ likelihood: "bound", bound: "codes", fidelity: ofTokenizer.fidelity });
    // The tokenizer alone takes all codes for equally likely.
    const uniform = 3 * 4 * Math.log(3);
    const ofCodes = found.nllNats - (ofTokenizer.nllNats - uniform);
    expect(ofCodes).toBeGreaterThan(0);
    expect(ofCodes).toBeLessThan(2 * uniform);
  });

  test("refuses another tokenizer, in the run or to resume", async () => {
    await train(tokenizerRequest("other", { seed: 1 }), { threads: 1 });
    const mine = (await readRunConfig(at("prior"))).network.tokenizer!.sha256;
    const asked = { dataset: digits, tokenizer: at("other") };
    await expect(resumeAsked(at("prior"), asked, {})).rejects.toThrow(
      `expected network.tokenizer.sha256 ${JSON.stringify(mine)} to resume`,
    );
    await resumeAsked(at("prior"), { dataset: digits, tokenizer: at("tokenizer") }, { threads: 1 });
    await train(priorRequest("of-other", { tokenizer: at("other"), steps: 1 }), { threads: 1 });
    await cp(at("prior"), at("swapped"), { recursive: true });
    await cp(join(at("of-other"), "tokenizer.safetensors"), join(at("swapped"), "tokenizer.safetensors"));
    await expect(ImageModel.load(at("swapped"))).rejects.toThrow(`expected the tokenizer of SHA-256 ${mine}`);
    await expect(resume(at("swapped"), { pictures: { dataset: digits } })).rejects.toThrow("SHA-256");
  });

  test.each([
    [{ tokenizer: "prior/none" }, "no run at"],
    [{ model: "fsq", sizes: {} }, "expected a model that draws for a training with a tokenizer"],
    [{ crop: { rows: 6, cols: 6 } }, "expected a multiple of 4 in rows and columns"],
    [{ views: 2 }, "expected crops, or pictures to be flipped, for several views"],
    [{ views: 2, mirror: true, tokenizer: undefined }, "expected a tokenizer for training on views"],
  ])("a training that makes no sense is refused: %o", async (given, message) => {
    await expect(train(priorRequest("wrong", given), { threads: 1 })).rejects.toThrow(message);
  });

  test("its learning rate can be found", async () => {
    const { out: _, ...request } = priorRequest("x");
    const { curve } = await findLearningRate(request, { steps: 5, threads: 1 });
    expect(curve.length).toBeGreaterThan(1);
  });
});
