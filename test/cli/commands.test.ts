import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decode, type DecodedPng } from "fast-png";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { bitsPerDim } from "../../src/basics/units.ts";
import { openDataset } from "../../src/data/open.ts";
import { dequantise, quantise } from "../../src/data/quantise.ts";
import { encodePng } from "../../src/pictures/png.ts";
import { openForward } from "../../src/programs/forward.ts";
import { buildNetwork, NETWORK } from "../../src/programs/network.ts";
import { stepProgram } from "../../src/programs/step-program.ts";
import { loadSavedModel } from "../../src/run/saved-model.ts";
import { version } from "../../src/version.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { expectClose, logitsPixelByPixel } from "../runtime/logits.ts";
import { pngFile, pngFiles } from "./picture-files.ts";
import { jsonOf, runCli } from "./run-cli.ts";
import { runHere } from "./run-here.ts";

const TRAIN = words(
  "train digits --steps 40 --batch 16 --shares 2 --width 8 --depth 2 --eval-every 20 --checkpoint-every 10 --json",
);
const TINY = words("--steps 4 --batch 4 --width 2 --depth 1 --threads 1 --json");
const NUMBER: unknown = expect.any(Number);
/** A line of metrics.jsonl. */
interface MetricsLine {
  readonly step: number;
  readonly valid: Figures | null;
}
/** A line of `score --per-image`. */
type ImageLine = Readonly<Record<string, number>>;
interface Figures {
  readonly nats: number;
  readonly bitsPerDim: number;
}

const LEVELS = 17;

let folder: string;
let trained: Record<string, unknown>;
const cli = (...args: string[]) => runCli(args, { cwd: folder });
const json = async (...args: string[]) => jsonOf(await cli(...args, "--json"));
const bytesOf = (...path: string[]) => readFile(join(folder, ...path));
const configOf = async (run: string) => JSON.parse(String(await bytesOf(run, "config.json")));
const png = async (...path: string[]): Promise<DecodedPng> => decode(await bytesOf(...path));

function words(line: string): string[] {
  return line.split(" ");
}

/** Of 64 pixels, so many white ones in no order; the others just not white. */
function maskOf(white: number): Uint8Array {
  return Uint8Array.from({ length: 64 }, (_, i) => ((i * 27) % 64 < white ? 128 + i : 127 - i));
}

async function jsonLines<Line = MetricsLine>(...path: string[]): Promise<Line[]> {
  const lines = String(await bytesOf(...path)).split("\n");
  expect(lines.pop()).toBe("");
  return lines.map((line) => JSON.parse(line));
}

beforeAll(async () => {
  folder = await temporaryFolder({
    ...(await pngFiles("colours", 10, 6, 6)),
    "coloured.png": await pngFile(1, 8, 8),
    "mask.png": encodePng({ width: 8, height: 8, channels: 1, data: maskOf(24) }),
  });
  trained = jsonOf(await cli(...TRAIN, "--out", "run"));
});

describe("train", () => {
  test("prints the result", async () => {
    expect(trained).toEqual({
      run: "run",
      step: 40,
      valid: { nats: NUMBER, bitsPerDim: NUMBER },
      seconds: NUMBER,
    });
    // What a network that knows nothing would need; 40 steps are enough to be better.
    expect((trained["valid"] as Figures).bitsPerDim).toBeLessThan(Math.log2(LEVELS));
  });

  test("leaves behind a run folder", async () => {
    expect((await readdir(join(folder, "run"))).sort()).toEqual([
      "checkpoints",
      "config.json",
      "metrics.jsonl",
      "samples",
      "tensorboard",
    ]);
    expect(await configOf("run")).toEqual({
      format: 2,
      nextpixel: version,
      family: "autoregressive",
      network: {
        model: "pixelcnn",
        modelConfig: { width: 8, depth: 2, kernel: 3, head: 64 },
        likelihood: "categorical",
        levels: LEVELS,
        size: { channels: 1, rows: 8, cols: 8 },
      },
      data: {
        train: "digits",
        valid: 0.1,
        gray: false,
        resize: null,
        skipBad: false,
        mirror: false,
        pictures: { train: 3441, valid: 382 },
      },
      training: {
        steps: 40,
        batch: 16,
        shares: 2,
        device: "cpu",
        optimizer: "muon",
        lr: 1e-2,
        warmup: 20,
        decay: "cosine",
        clip: 1,
        ema: 0.999,
        seed: 0,
        evalEvery: 20,
        checkpointEvery: 10,
        keep: 2,
      },
    });
    expect((await readdir(join(folder, "run/checkpoints"))).sort()).toEqual([
      "best.safetensors",
      "step-00000030.safetensors",
      "step-00000040.safetensors",
    ]);
    expect((await readdir(join(folder, "run/samples"))).sort()).toEqual([
      "step-00000020.png",
      "step-00000040.png",
    ]);
    expect(await png("run/samples/step-00000040.png")).toMatchObject({ channels: 1, width: 8 * 64 + 7 * 2 });
  });

  test("records metrics", async () => {
    const metrics = await jsonLines("run/metrics.jsonl");
    expect(metrics.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => 2 * i + 2));
    for (const record of metrics) {
      const { step } = record;
      expect(record).toEqual({
        step,
        epoch: (step! * 16) / 3441,
        train: { nats: NUMBER, bitsPerDim: NUMBER },
        valid: step % 20 === 0 ? { nats: NUMBER, bitsPerDim: NUMBER } : null,
        learningRate: NUMBER,
        imagesPerSecond: NUMBER,
      });
    }
    expect(metrics.at(-1)!.valid).toEqual(trained["valid"]);
  });

  test("gives the same bytes for the same command, others for another seed", async () => {
    await json(...TRAIN, "--out", "same");
    await json(...TRAIN, "--out", "other", "--seed", "1");
    for (const step of ["30", "40"]) {
      const checkpoint = `checkpoints/step-000000${step}.safetensors`;
      const bytes = await bytesOf("run", checkpoint);
      expect(bytes.equals(await bytesOf("same", checkpoint))).toBe(true);
      expect(bytes.equals(await bytesOf("other", checkpoint))).toBe(false);
    }
    const likelihoods = async (run: string) =>
      (await jsonLines(run, "metrics.jsonl")).map((record) => ({ ...record, imagesPerSecond: 0 }));
    expect(await likelihoods("same")).toEqual(await likelihoods("run"));
  });

  test("on coloured pictures, and on the same as grey ones", async () => {
    await json("train", "colours", "--out", "colour", ...TINY, "--levels", "4");
    expect((await configOf("colour")).network).toMatchObject({
      likelihood: "categorical",
      levels: 4,
      size: { channels: 3, rows: 6, cols: 6 },
    });
    await json("sample", "colour", "--count", "2", "--out", "colour-drawn");
    expect(await png("colour-drawn/1.png")).toMatchObject({ width: 6, height: 6, channels: 3 });

    await json("train", "colours", "--out", "grey", ...TINY, "--gray");
    expect(await configOf("grey")).toMatchObject({
      network: { levels: 256, size: { channels: 1, rows: 6, cols: 6 } },
      data: { gray: true },
    });
    // Read as grey ones again, without being told so.
    expect(await json("score", "grey", "colours")).toMatchObject({ images: 10 });
  });

  test("--valid takes all pictures of both data sets", async () => {
    const { stderr } = await cli("train", "digits", "--valid", "digits:test", "--out", "valid", ...TINY);
    expect(stderr).toContain("3,823 pictures to train on, 1,797 to validate with");
    expect((await configOf("valid")).data).toMatchObject({ train: "digits", valid: "digits:test" });
    const { valid } = (await jsonLines("valid/metrics.jsonl")).at(-1)!;
    const scored = await json("score", "valid", "digits:test", "--threads", "1");
    // Not to the last bit: weights that are constants are summed up in another order.
    expect(scored["nllNats"]).toBeCloseTo(valid!.nats, 5);
  });

  test("--likelihood bernoulli asks for 2 levels", async () => {
    await json("train", "digits", "--likelihood", "bernoulli", "--out", "binary", ...TINY);
    expect((await configOf("binary")).network).toMatchObject({ likelihood: "bernoulli", levels: 2 });
    await json("sample", "binary", "--count", "4", "--out", "binary-drawn");
    expect(new Set((await png("binary-drawn/0.png")).data)).toEqual(new Set([0, 255]));
    expect(await json("score", "binary", "digits", "--limit", "9")).toMatchObject({ images: 9 });
  });

  test("--eval-every validates at each of its multiples, and at the last step", async () => {
    const rhythm = words("--steps 50 --eval-every 13 --batch 4 --width 2 --depth 1 --valid-fraction 0.01");
    await json("train", "digits", "--out", "rhythm", ...rhythm);
    const metrics = await jsonLines("rhythm/metrics.jsonl");
    const validated = metrics.filter(({ valid }) => valid !== null);
    expect(validated.map(({ step }) => step)).toEqual([13, 26, 39, 50]);
  });

  test("--config says what the command line does not", async () => {
    const sizes = { model: "gated-pixelcnn", width: 2, depth: 1, kernel: 5, head: 4 };
    const recipe = { dataset: "colours", gray: true, batch: 4, steps: 100, lr: 0.01, ...sizes };
    await writeFile(join(folder, "recipe.json"), JSON.stringify(recipe));
    const result = await json("train", "--config", "recipe.json", "--out", "configured", "--steps", "3");
    expect(result["step"]).toBe(3);
    const { model, ...modelConfig } = sizes;
    expect(await configOf("configured")).toMatchObject({
      network: { model, modelConfig, size: { channels: 1, rows: 6, cols: 6 } },
      data: { train: "colours", gray: true },
      training: { steps: 3, batch: 4, lr: 0.01, clip: 1 },
    });
  });

  test("--epochs counts passes over the training pictures", async () => {
    const sizes = words("--batch 4 --width 2 --depth 1 --threads 1");
    // 10 pictures less 1 for validation: 3 x 9 pictures in batches of 4.
    const result = await json(
      "train",
      "colours",
      "--epochs",
      "3",
      "--out",
      "epochs",
      "--levels",
      "4",
      ...sizes,
    );
    expect(result["step"]).toBe(7);
  });

  test.skipIf(process.platform === "win32").each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s saves the step reached, and ends with exit code %i", async (signal, exitCode) => {
    const result = await runCli(
      ["train", "digits", "--out", signal, ...TINY, "--steps", "1000000", "--eval-every", "20"],
      { cwd: folder, interrupt: { after: /^step /m, signal } },
    );
    expect(result).toMatchObject({ stdout: "", code: exitCode, signal: null });
    const match = /\nerror: interrupted after step (\d+); resume the run to go on: (.+)\n$/.exec(
      result.stderr,
    );
    expect(match?.[2]).toBe(`nextpixel train --resume --out ${signal}`);
    const step = Number(match?.[1]);
    expect(step).toBeGreaterThanOrEqual(20);
    const checkpoint = `step-${String(step).padStart(8, "0")}.safetensors`;
    expect(await readdir(join(folder, signal, "checkpoints"))).toContain(checkpoint);
    await json("sample", signal, "--checkpoint", "last", "--count", "1", "--out", `${signal}.png`);
    expect((await png(`${signal}.png`)).text["nextpixel"]).toContain(`"step":${step},`);
  });
});

describe("sample", () => {
  test("draws from logits that are within 1e-4 of ONNX Runtime's, with trained weights", async () => {
    const { config, weights } = await loadSavedModel(join(folder, "run"));
    const network = buildNetwork(config, 16);
    const levels = await (await openDataset("digits:test")).read(Array.from({ length: 16 }, (_, i) => i));
    const forward = await openForward(network, [network.logits], weights);
    const [wanted] = await forward.run(Float32Array.from(levels));
    await forward.close();
    const program = stepProgram(buildNetwork(config, 1), weights[NETWORK]!, { known: false });
    const received = await logitsPixelByPixel(program, levels, config.size.rows, 16);
    expectClose(received, wanted!, 1e-4);
    // Training has made them large.
    expect(wanted!.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)).toBeGreaterThan(1);
  });

  test.each(["webp", "gif"])("--animate writes how the pictures are drawn, as %s", async (format) => {
    const file = `drawing.${format}`;
    const drawn = await json("sample", "run", "--count", "2", "--out", "two.png", "--animate", file);
    expect(drawn).toMatchObject({ out: "two.png", animation: file });
    const grid = await png("two.png");
    const { pages, pageHeight, loop, delay, width } = await sharp(join(folder, file), {
      animated: true,
    }).metadata();
    // A frame for each pixel of 8x8, and the finished pictures.
    expect([pages, loop, delay![0], delay!.at(-1)]).toEqual([65, 0, 90, 2500]);
    const [scale, gridScale] = [pageHeight! / 8, grid.height / 8];
    const frame = (page: number) => sharp(join(folder, file), { page }).removeAlpha().raw().toBuffer();
    expect((await frame(0)).subarray(0, 3)).toEqual(Buffer.of(230, 30, 30));
    const last = await frame(64);
    for (let pixel = 0; pixel < 64; pixel++) {
      const [row, col] = [Math.floor(pixel / 8), pixel % 8];
      const level = grid.data[row * gridScale * grid.width + col * gridScale];
      const at = 3 * (row * scale * width! + col * scale);
      expect([...last.subarray(at, at + 3)]).toEqual([level, level, level]);
    }
  });

  test("draws a grid that tells what it is", async () => {
    expect(await json("sample", "run", "--count", "9", "--seed", "5", "--out", "grid.png")).toEqual({
      run: "run",
      memoryBytes: expect.any(Number),
      out: "grid.png",
      files: 1,
      count: 9,
      seed: 5,
      temperature: 1,
      seconds: NUMBER,
      picturesPerSecond: NUMBER,
      msPerPixel: NUMBER,
      nllNats: Array.from({ length: 9 }, () => NUMBER),
    });
    const grid = await png("grid.png");
    // Three pictures of 8 pixels in a row, each magnified to 64, with two gaps of 2.
    expect(grid).toMatchObject({ width: 196, height: 196, channels: 1, depth: 8 });
    expect(Object.keys(grid.text).sort()).toEqual(["Software", "nextpixel"]);
    expect(grid.text["Software"]).toBe(`nextpixel ${version}`);
    expect(JSON.parse(grid.text["nextpixel"]!)).toEqual({
      model: "pixelcnn",
      step: 40,
      seed: 5,
      temperature: 1,
      levels: LEVELS,
    });
  });

  test("draws the same for the same seed, and something else for another seed or temperature", async () => {
    const draw = async (out: string, ...flags: string[]) => {
      await json("sample", "run", "--count", "4", "--out", out, ...flags);
      return bytesOf(out);
    };
    const pixels = (bytes: Buffer) => Buffer.from(decode(bytes).data.buffer).toString("base64");
    const first = await draw("a.png");
    expect(first.equals(await draw("b.png", "--seed", "0", "--temperature", "1"))).toBe(true);
    const others = [await draw("c.png", "--seed", "1"), await draw("d.png", "--temperature", "0.2")];
    expect(new Set([first, ...others].map(pixels)).size).toBe(3);
  });

  test("draws picture k the same whether 4 or 9 are drawn; all of them can be scored", async () => {
    expect(await json("sample", "run", "--count", "4", "--out", "four")).toMatchObject({ files: 4 });
    expect(await json("sample", "run", "--count", "9", "--out", "nine")).toMatchObject({ files: 9 });
    const names = (count: number) => Array.from({ length: count }, (_, i) => `${i}.png`);
    expect((await readdir(join(folder, "four"))).sort()).toEqual(names(4));
    expect((await readdir(join(folder, "nine"))).sort()).toEqual(names(9));
    for (const name of names(4)) {
      expect((await bytesOf("nine", name)).equals(await bytesOf("four", name))).toBe(true);
    }
    const { data, width, height, text } = await png("nine/8.png");
    expect({ width, height, picture: text["picture"] }).toEqual({ width: 8, height: 8, picture: "8" });
    const bytes = Uint8Array.from(data);
    expect(dequantise(quantise(bytes, LEVELS), LEVELS)).toEqual(bytes);

    const scored = await json("score", "run", "nine");
    expect(scored).toMatchObject({ images: 9, nllNats: NUMBER });
    const one = await json("score", "run", "nine/4.png", "--per-image", "one.jsonl");
    expect(one).toMatchObject({ images: 1, nllNats: NUMBER });
    expect(await jsonLines("one.jsonl")).toHaveLength(1);
    // The pictures are the network's own, so they cost about its entropy, which is below that of pure chance.
    expect(scored["bitsPerDim"]).toBeLessThan(Math.log2(LEVELS));
  });

  test("says what every picture costs as it is drawn: what score says of it", async () => {
    const drawn = await json("sample", "run", "--count", "5", "--out", "five");
    await json("score", "run", "five", "--per-image", "five.jsonl");
    const scored = (await jsonLines<ImageLine>("five.jsonl")).map(({ nllNats }) => nllNats!);
    const nats = drawn["nllNats"] as number[];
    expect(nats).toHaveLength(5);
    nats.forEach((value, i) => expect(value).toBeCloseTo(scored[i]!, 3));
  });

  test("--workers makes no difference; --size asks for pictures of another size", async () => {
    const draw = async (out: string, ...flags: string[]) => {
      await json("sample", "run", "--count", "40", "--size", "12x30", "--out", out, ...flags);
      return bytesOf(out, "39.png");
    };
    const first = await draw("alone", "--workers", "1");
    expect(decode(first)).toMatchObject({ width: 12, height: 30 });
    expect(first.equals(await draw("together", "--workers", "3"))).toBe(true);
  });
});

describe("complete", () => {
  const pixels = async (...path: string[]) => Uint8Array.from((await png(...path)).data);

  test("draws the lower half of the first pictures, a row of completions for each", async () => {
    const completed = await json("complete", "run", "digits:test", "--seed", "3");
    expect(completed).toEqual({
      run: "run",
      dataset: "digits:test",
      out: "completions.png",
      files: 1,
      pictures: 8,
      count: 4,
      seed: 3,
      temperature: 1,
      givenPixels: 32,
      drawnPixels: 32,
      seconds: NUMBER,
      picturesPerSecond: NUMBER,
      nllNats: Array.from({ length: 8 }, () => [NUMBER, NUMBER, NUMBER, NUMBER]),
    });
    const grid = await png("completions.png");
    expect(grid).toMatchObject({ width: 5 * 64 + 4 * 2, height: 8 * 64 + 7 * 2, channels: 1 });
    expect(JSON.parse(grid.text["nextpixel"]!)).toEqual({
      model: "pixelcnn",
      step: 40,
      seed: 3,
      temperature: 1,
      completions: 4,
      levels: LEVELS,
    });

    // One value of each 8 x 8 pixels: the pictures in reading order.
    const value = (row: number, column: number, y: number, x: number) =>
      grid.data[(row * 66 + y * 8) * grid.width + column * 66 + x * 8]!;
    const digits = await (await openDataset("digits:test")).read([0, 1, 2, 3, 4, 5, 6, 7]);
    const wanted = dequantise(digits, LEVELS);
    const lower = new Set<string>();
    for (let row = 0; row < 8; row++)
      for (let column = 0; column < 5; column++) {
        const picture = Array.from({ length: 64 }, (_, i) => value(row, column, i >> 3, i % 8));
        const own = [...wanted.subarray(64 * row, 64 * (row + 1))];
        if (column === 0) expect(picture).toEqual(own);
        else expect(picture.slice(0, 32)).toEqual(own.slice(0, 32));
        lower.add(picture.slice(32).join());
      }
    expect(lower.size).toBeGreaterThan(35);
  });

  test("--mask: pixels that are white in it stay, of one picture or of a folder, read back bit for bit", async () => {
    await json("sample", "run", "--count", "11", "--seed", "9", "--out", "given");
    const flags = words("--mask mask.png --count 2 --seed 1");
    const all = await json("complete", "run", "given", ...flags, "--limit", "11", "--out", "completed");
    expect(all).toMatchObject({ pictures: 11, count: 2, files: 22, givenPixels: 24, drawnPixels: 40 });
    const names = Array.from({ length: 22 }, (_, i) => `${String(i >> 1).padStart(2, "0")}-${i % 2}.png`);
    expect((await readdir(join(folder, "completed"))).sort()).toEqual(names);
    expect((await png("completed/03-1.png")).text).toMatchObject({ picture: "3", completion: "1" });

    const mask = await pixels("mask.png");
    for (const name of names) {
      const [drawn, given] = [
        await pixels("completed", name),
        await pixels("given", `${name.slice(0, 2)}.png`),
      ];
      const isKept = (_: number, i: number) => mask[i]! >= 128;
      expect(drawn.filter(isKept)).toEqual(given.filter(isKept));
      expect(drawn).not.toEqual(given);
    }

    expect(
      await json("complete", "run", "given/00.png", ...flags, "--out", "one", "--workers", "1"),
    ).toMatchObject({ pictures: 1, files: 2, nllNats: [(all["nllNats"] as number[][])[0]] });
    expect(await pixels("one/0-1.png")).toEqual(await pixels("completed/00-1.png"));
  });

  test("--rows: none is sampling, all gives the picture back", async () => {
    const flags = words("--limit 1 --count 3 --seed 4");
    await json("complete", "run", "digits", ...flags, "--rows", "0", "--out", "rows0");
    await json("sample", "run", "--count", "3", "--seed", "4", "--out", "sampled");
    for (const i of [0, 1, 2])
      expect(await pixels(`rows0/0-${i}.png`)).toEqual(await pixels(`sampled/${i}.png`));
    const all = await json("complete", "run", "digits", ...flags, "--rows", "8", "--out", "rows8");
    expect(all).toMatchObject({ givenPixels: 64, drawnPixels: 0, nllNats: [[0, 0, 0]] });
    const digit = await (await openDataset("digits")).read([0]);
    expect(await pixels("rows8/0-2.png")).toEqual(dequantise(digit, LEVELS));
  });

  test("reads a coloured picture in grey for a network that draws grey ones", async () => {
    expect(await json("complete", "run", "coloured.png", "--out", "greyed")).toMatchObject({ pictures: 1 });
    expect(await png("greyed/0-3.png")).toMatchObject({ width: 8, height: 8, channels: 1 });
  });
});

describe("score", () => {
  const SCORE = words("score run digits:test --limit 100 --json");

  test("prints the mean, and writes what every picture and every pixel costs", async () => {
    const scored = await json(...SCORE, ...words("--per-image images.jsonl --per-pixel pixels.npy"));
    expect(scored).toEqual({
      run: "run",
      dataset: "digits:test",
      images: 100,
      likelihood: "exact",
      nllNats: NUMBER,
      bitsPerDim: bitsPerDim(Number(scored["nllNats"]), 64),
      nllNatsStandardError: NUMBER,
    });

    const images = await jsonLines<ImageLine>("images.jsonl");
    const nats = images.map(({ nllNats }) => nllNats!);
    expect(images).toEqual(
      nats.map((nllNats, index) => ({ index, nllNats, bitsPerDim: bitsPerDim(nllNats, 64) })),
    );
    const mean = nats.reduce((sum, value) => sum + value, 0) / 100;
    expect(scored["nllNats"]).toBeCloseTo(mean, 9);
    const variance = nats.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 99;
    expect(scored["nllNatsStandardError"]).toBeCloseTo(Math.sqrt(variance / 100), 9);

    const pixels = await npy("pixels.npy");
    expect(pixels.shape).toEqual([100, 1, 8, 8]);
    nats.forEach((nllNats, i) => {
      const sum = pixels.values.slice(64 * i, 64 * (i + 1)).reduce((total, value) => total + value, 0);
      expect(Math.abs(sum - nllNats)).toBeLessThan(1e-3);
    });
  });

  test("gives the same every time", async () => {
    const [first, second] = [await cli(...SCORE), await cli(...SCORE)];
    expect(first.code).toBe(0);
    expect(second).toEqual(first);
  });

  test("--limit takes the first pictures, and all when there are fewer", async () => {
    const limited = (limit: string, out: string) =>
      json("score", "run", "digits:test", "--limit", limit, "--per-image", out);
    await limited("3", "3.jsonl");
    expect(await limited("100000", "all.jsonl")).toMatchObject({ images: 1797 });
    const [three, all] = [await jsonLines<ImageLine>("3.jsonl"), await jsonLines<ImageLine>("all.jsonl")];
    expect([three.length, all.length]).toEqual([3, 1797]);
    three.forEach(({ nllNats }, i) => expect(nllNats).toBeCloseTo(all[i]!["nllNats"]!, 4));
  });
});

describe("info", () => {
  test("tells of a run", async () => {
    const info = await json("info", "run");
    expect(info).toEqual({
      ...(await configOf("run")).network,
      parameters: NUMBER,
      layers: expect.any(Array),
      receptiveField: {
        above: NUMBER,
        left: NUMBER,
        right: NUMBER,
        pixels: NUMBER,
        blindPixels: NUMBER,
        period: [1, 1],
        pixel: { row: 0, col: 0 },
        drawing: expect.stringMatching(/^[#.\n]*@$/),
      },
      multiplyAddsPerPixel: NUMBER,
      sampler: {
        multiplyAddsPerPixel: { row: 0, pixel: NUMBER, colours: [], after: 0, rowEnd: 0 },
        bytesPerPicture: NUMBER,
        bytes: NUMBER,
      },
    });
    const layers = info["layers"] as { name: string; shape: number[]; count: number }[];
    expect(layers[0]).toEqual({ name: "first.weight", shape: [16, 1, 4, 7], count: 448 });
    expect(layers.reduce((sum, { count }) => sum + count, 0)).toBe(info["parameters"]);
  });

  test("tells of a model as it comes, in text", async () => {
    const { stdout, stderr, code } = await cli("info", "--model", "pixelcnn", "--width", "4", "--depth", "1");
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout).toMatchSnapshot();
  });

  test("tells of a model for other pictures, with the sizes of a preset", async () => {
    const flags = words("--channels 3 --size 8x4 --preset paper-mnist --depth 1");
    const info = await json("info", "--model", "pixelcnn", ...flags);
    expect(info).toMatchObject({
      modelConfig: { width: 16, depth: 1, head: 32 },
      likelihood: "categorical",
      levels: 256,
      size: { channels: 3, rows: 4, cols: 8 },
      presets: { "paper-mnist": { width: 16, depth: 7, head: 32 } },
      sampler: { multiplyAddsPerPixel: { colours: [NUMBER, NUMBER] } },
    });
    const binary = await json("info", "--model", "pixelcnn", "--channels", "3", "--likelihood", "bernoulli");
    expect(binary).toMatchObject({ levels: 2, size: { channels: 3, rows: 32, cols: 32 } });
  });
});

test("without --json, the result is one line of text", async () => {
  const sampled = await cli("sample", "run", "--count", "2", "--out", "text.png");
  expect(sampled.stdout).toMatch(/^drew 2 picture\(s\) in \d+ s: text\.png\n$/);
  const completed = await cli("complete", "run", "digits", "--limit", "3", "--rows", "5");
  expect(completed.stdout).toMatch(
    /^drew 4 completion\(s\) of 3 picture\(s\), 24 of 64 pixels, in \d+ s: completions\.png\n$/,
  );
  const scored = await cli("score", "run", "digits", "--limit", "5");
  expect(scored.stdout).toMatch(/^5 pictures: [\d.]+ ± [\d.]+ nats, [\d.]+ bits\/dim\n$/);
  const one = await cli("score", "run", "digits", "--limit", "1");
  expect(one.stdout).toMatch(/^1 picture: [\d.]+ nats, [\d.]+ bits\/dim\n$/);
});

test.each([
  "",
  "demo",
  "train",
  "sample",
  "complete",
  "score",
  "compare",
  "info",
  "export",
  "merge",
  "pack",
  "push",
  "studio",
  "publish",
])("%s --help", async (command) => {
  const { stdout, stderr, code } = await runHere([...(command === "" ? [] : [command]), "--help"], {
    cwd: folder,
  });
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  expect(stdout).toMatchSnapshot();
});

test("--version", async () => {
  expect(await cli("--version")).toEqual({ stdout: `${version}\n`, stderr: "", code: 0, signal: null });
});

/** A float32 array in NumPy's format, read by the letter of the format rather than with nextpixel's own code. */
async function npy(...path: string[]): Promise<{ shape: number[]; values: Float32Array }> {
  const bytes = await bytesOf(...path);
  expect(bytes.subarray(0, 8).toString("latin1")).toBe("\x93NUMPY\x01\x00");
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.subarray(10, start).toString("latin1");
  const match = /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(([\d, ]+)\), \} *\n$/.exec(header);
  const values = new Float32Array((bytes.length - start) / 4);
  values.forEach((_, i) => (values[i] = bytes.readFloatLE(start + 4 * i)));
  return { shape: match![1]!.split(", ").map(Number), values };
}
