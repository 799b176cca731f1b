import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareRuns } from "../../src/compare/compare.ts";
import { drawPictures } from "../../src/compare/draw.ts";
import type { ComparedValue, Report } from "../../src/compare/report.ts";
import { holdOut, memoryDataset } from "../../src/data/dataset.ts";
import { openDataset } from "../../src/data/open.ts";
import { loadSavedModel } from "../../src/run/saved-model.ts";
import { sample } from "../../src/tasks/sample.ts";
import type { TrainRequest } from "../../src/train/request.ts";
import { train } from "../../src/train/train.ts";

let folder: string;
const at = (...path: string[]) => join(folder, ...path);
const TINY = { dataset: "digits", steps: 2, batch: 4, shares: 1 } as const;
const GAN = { model: "gan", sizes: { width: 2, latents: 2, blocks: 1 } } as const;
const FAST = { classifierSteps: 20, threads: 1 } as const;

const trained = (name: string, request: Partial<TrainRequest>) =>
  train({ ...TINY, ...request, out: at(name) }, { threads: 1 });

let report: Report;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nextpixel-compare-"));
  await trained("pixelcnn", { sizes: { width: 2, depth: 1, head: 4 }, classConditional: true });
  await trained("vae", { model: "vae", sizes: { width: 2, latents: 2 } });
  await trained("gan", GAN);
  const runs = ["pixelcnn", "vae", "gan"].map((name) => at(name));
  report = await compareRuns({ ...FAST, runs, samples: 120, importanceSamples: 3 });
});
afterAll(() => rm(folder, { recursive: true }));

const rowOf = (name: string) => report.rows.find((row) => row.name === name)!;
const valueOf = (row: string, figure: string) => rowOf(row).values[figure]!;
const numberOf = (row: string, figure: string) => (valueOf(row, figure) as { value: number }).value;

describe("a comparison of one run of each family", () => {
  test("says what was compared", () => {
    expect(report).toMatchObject({
      format: 1,
      data: {
        name: "digits",
        trainingPictures: 3441,
        heldOutPictures: 382,
        channels: 1,
        rows: 8,
        levels: 17,
      },
      classifier: { seed: 0, steps: 20, features: 64 },
      samples: 120,
      seed: 0,
      seeds: [],
    });
    expect(report.data.classes).toHaveLength(10);
    expect(report.classifier.accuracy).toBeGreaterThan(0.3);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test("has a row for each run and each control, with a value of every figure or the reason why not", () => {
    expect(report.rows.map(({ name, kind }) => `${kind}: ${name}`)).toEqual([
      "run: pixelcnn",
      "run: vae",
      "run: gan",
      "control: training half against half",
      "control: held-out pictures",
      "control: noisy held-out pictures",
    ]);
    const names = report.figures.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { values } of report.rows) {
      expect(Object.keys(values)).toEqual(names);
      for (const value of Object.values<ComparedValue>(values))
        if ("value" in value) expect(value.value).toEqual(expect.any(Number));
        else expect(value.missing.length).toBeGreaterThan(5);
    }
    expect(rowOf("gan")).toMatchObject({ model: "gan", family: "gan", steps: 2 });
  });

  test("tells likelihoods as what they are", () => {
    expect(valueOf("pixelcnn", "nats")).toMatchObject({ kind: "exact" });
    expect(valueOf("pixelcnn", "importanceWeighted")).toEqual({ missing: "the likelihood is exact" });
    expect(valueOf("vae", "nats")).toMatchObject({ kind: "bound" });
    expect(numberOf("vae", "importanceWeighted")).toBeLessThan(numberOf("vae", "nats"));
    for (const figure of ["nats", "bitsPerDim", "importanceWeighted"])
      expect(valueOf("gan", figure)).toEqual({
        missing: "a GAN draws pictures, and has no likelihood of any picture",
      });
    expect(numberOf("pixelcnn", "bitsPerDim")).toBeCloseTo(numberOf("pixelcnn", "nats") / 64 / Math.LN2, 6);
  });

  test("controls behave as they must, and networks that learnt nothing do not look like data", () => {
    const [half, heldOut, noise] = [
      "training half against half",
      "held-out pictures",
      "noisy held-out pictures",
    ] as const;
    for (const good of [half, heldOut]) {
      expect(numberOf(good, "coverage")).toBeGreaterThan(0.85);
      expect(Math.abs(numberOf(good, "twoSample") - 50)).toBeLessThan(12);
      expect(numberOf(good, "kernelDistance")).toBeLessThan(numberOf(noise, "kernelDistance") / 5);
      expect(numberOf(good, "covered")).toBe(10);
    }
    expect(numberOf(heldOut, "nearestRatio")).toBe(1);
    expect(numberOf(noise, "nearestRatio")).toBeGreaterThan(2);
    for (const run of ["pixelcnn", "vae", "gan"]) {
      expect(numberOf(run, "twoSample")).toBeGreaterThan(90);
      expect(numberOf(run, "coverage")).toBeLessThan(0.2);
    }
  });

  test("tells what training and drawing took", () => {
    for (const run of ["pixelcnn", "vae", "gan"])
      for (const figure of ["trainingSeconds", "msPerPicture", "memory"])
        expect(numberOf(run, figure)).toBeGreaterThan(0);
  });

  test("shows pictures, those nearest to training pictures first", () => {
    for (const { grid, nearest, distances, classes } of report.rows) {
      expect(pngOf(grid)).toMatchObject({ channels: 1 });
      expect(nearest).toHaveLength(8);
      for (const { sample, training } of nearest)
        expect(pngOf(sample)).toMatchObject(sizeOf(pngOf(training)));
      expect(nearest.map(({ distance }) => distance)).toEqual(distances.slice(0, 8));
      expect(distances).toEqual([...distances].sort((a, b) => a - b));
      expect(distances).toHaveLength(120);
      expect(classes!.reduce((sum, count) => sum + count, 0)).toBe(120);
    }
  });
});

const pngOf = (url: string) => {
  const [head, data] = url.split(",");
  expect(head).toBe("data:image/png;base64");
  return decode(Buffer.from(data!, "base64"));
};
const sizeOf = ({ width, height }: { width: number; height: number }) => ({ width, height });

describe("drawing", () => {
  test("gives the pictures of the seed, whatever the parts", async () => {
    for (const name of ["vae", "gan"]) {
      const model = await loadSavedModel(at(name));
      const { pictures } = await drawPictures(model, { count: 75, seed: 4, threads: 1 });
      const { pictures: wanted } = await sample(model, { count: 75, seed: 4, workers: 1 });
      expect(pictures).toEqual(wanted);
    }
  });

  test("draws classes as often as they are among the training pictures", async () => {
    const model = await loadSavedModel(at("pixelcnn"));
    const classes = model.config.classes!.map((one, i) => ({ ...one, pictures: i === 3 ? 100 : 0 }));
    const only = { ...model, config: { ...model.config, classes } };
    const { pictures } = await drawPictures(only, { count: 70, seed: 4, threads: 1 });
    const { pictures: wanted } = await sample(model, { count: 70, seed: 4, classes: [3], workers: 1 });
    expect(pictures).toEqual(wanted);
  });
});

test("too few pictures for a figure, and no labels: what is left out says why", async () => {
  const digits = await openDataset("digits");
  const pixels = await digits.read(Array.from({ length: 300 }, (_, i) => i));
  const { size, levels } = digits;
  const unlabelled = memoryDataset({ name: "mine", size, levels, pixels });
  const { train: dataset, valid } = holdOut(unlabelled, 0.2, 0);
  await trained("mine", { dataset, valid, sizes: { width: 2, depth: 1, head: 4 } });
  const few = await compareRuns({ ...FAST, runs: [at("mine")], samples: 20, pictures: { dataset, valid } });
  const [row] = few.rows;
  for (const figure of ["precision", "coverage", "twoSample"])
    expect(row!.values[figure]).toEqual({ missing: "fewer than 100 pictures to compare: 20" });
  for (const figure of ["kl", "covered"])
    expect(row!.values[figure]).toEqual({ missing: "the data have no labels" });
  expect(row).toMatchObject({ classes: null, values: { nearestRatio: { value: expect.any(Number) } } });
  expect(few.classifier).toMatchObject({ accuracy: null, steps: 0 });
  expect(few.notes.join()).toContain("The data have no labels: the classifier has random weights");
});

test("of stacks the modes are counted, if there are enough pictures", async () => {
  await trained("stack", { stack: 300, ...GAN });
  const { data, rows, classifier, figures } = await compareRuns({
    ...FAST,
    runs: [at("stack")],
    samples: 100,
  });
  expect(data).toMatchObject({ channels: 3, trainingPictures: 300 });
  expect(data.classes).toHaveLength(1000);
  expect(classifier).toMatchObject({ features: 3 * 64 });
  expect(rows[0]!.values["kl"]).toEqual({
    missing: "1000 classes need at least 5000 pictures, and there are 100",
  });
  const kl = figures.find(({ name }) => name === "kl")!;
  expect(kl).toMatchObject({ label: "KL of modes", ideal: 999 / 200 });
});

describe("other seeds", () => {
  const best = (seed: number) => at("report/seeds", `gan-seed-${seed}`, "checkpoints/best.safetensors");

  test("are trained, go on after an interruption, are not trained twice, and may diverge", async () => {
    const options = { ...FAST, runs: [at("gan")], samples: 100, seeds: 3, out: at("report") };
    const interrupted = new AbortController();
    const onEvent = ({ what }: { what: string }) => {
      if (what.includes("other seeds")) interrupted.abort();
    };
    const stopped = compareRuns({ ...options, signal: interrupted.signal, onEvent });
    await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });
    // The second one is finished by hand before the comparison comes to it.
    await trained("report/seeds/gan-seed-2", { ...GAN, seed: 2 });
    const before = (await stat(best(2))).mtimeMs;

    // A recipe that diverges with every other seed.
    await trained("wild", { ...GAN, steps: 3 });
    const config = JSON.parse(await readFile(at("wild/config.json"), "utf8"));
    config.training.lr = 1e30;
    await writeFile(at("wild/config.json"), JSON.stringify(config));

    const { seeds, rows, figures } = await compareRuns({ ...options, runs: [at("gan"), at("wild")] });
    expect(seeds.map(({ run, seed, outcome }) => `${run} ${seed}: ${outcome}`)).toEqual([
      "gan 0: collapsed",
      "gan 1: collapsed",
      "gan 2: collapsed",
      "wild 0: collapsed",
      "wild 1: diverged",
      "wild 2: diverged",
    ]);
    expect(seeds[0]!.figure).toEqual({ label: "coverage", value: expect.any(Number) });
    expect(seeds.at(-1)!.figure).toBeNull();
    expect(figures.map(({ name }) => name)).toContain("finished");
    expect(rows[0]!.values["finished"]).toEqual({ value: 0 });
    expect((await stat(best(2))).mtimeMs).toBe(before);
    await trained("with seed 1", { ...GAN, seed: 1 });
    expect(await readFile(best(1))).toEqual(await readFile(at("with seed 1/checkpoints/best.safetensors")));
  });
});

describe("refuses", () => {
  test.each([
    [[], "expected at least one run"],
    [["gan", "gan"], "expected each run once"],
    [["none"], "no run at"],
  ])("runs %j", async (names, message) => {
    const runs = names.map((name) => at(name));
    await expect(compareRuns({ ...FAST, runs })).rejects.toThrow(message);
  });

  test("runs on other pictures, sizes, levels or held-out pictures, and names both", async () => {
    const sizes = { width: 2, depth: 1, head: 4 };
    await trained("few levels", { sizes, levels: 4 });
    await trained("other seed", { sizes, seed: 1 });
    await trained("other pictures", { sizes, dataset: "digits:test" });
    const message = (what: string, a: string, other: string, b: string) =>
      `expected runs on the same pictures, received ${at("vae")} with ${what} ${a} and ${at(other)} with ${b}`;
    const compared = (other: string) => compareRuns({ ...FAST, runs: [at("vae"), at(other)] });
    await expect(compared("few levels")).rejects.toThrow(message("levels", "17", "few levels", "4"));
    await expect(compared("other pictures")).rejects.toThrow(
      message("data set", '"digits"', "other pictures", '"digits:test"'),
    );
    const seeds = message("seed, which chooses the pictures to hold out", "0", "other seed", "1");
    await expect(compared("other seed")).rejects.toThrow(seeds);
  });

  test("numbers out of their range, before anything is done", async () => {
    const refused = (options: object, message: string) =>
      expect(compareRuns({ runs: [at("none")], ...options })).rejects.toThrow(message);
    await refused({ samples: 9 }, "expected a whole number from 10 to 1000000 for samples, received 9");
    await refused({ seeds: 0 }, "for seeds, received 0");
    await refused({ seeds: 2 }, "expected a folder to train other seeds in for out");
    await refused({ importanceSamples: 0 }, "for importance samples, received 0");
  });
});
