import { createHash } from "node:crypto";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDataset } from "../../src/data/open.ts";
import { readRunConfig } from "../../src/run/config.ts";
import { ImageModel } from "../../src/tasks/image-model.ts";
import { resume, train } from "../../src/train/train.ts";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "nextpixel-latents-"))));
afterAll(() => rm(folder, { recursive: true }));

const RUNS = {
  vae: {
    model: "vae",
    sizes: { width: 4, depth: 1, resolutions: 2, latents: 5 },
    settings: { klWarmup: 0.5, beta: 0.9 },
    classConditional: true,
  },
  "ladder-vae": {
    model: "ladder-vae",
    sizes: { width: 4, depth: 1, resolutions: 2, latents: 1 },
    settings: { freeBits: 0.25 },
    likelihood: "logistic-mixture",
  },
} as const;
const training = {
  dataset: "digits",
  steps: 6,
  batch: 16,
  evalEvery: 3,
  lr: 0.01,
  shares: 2,
  threads: 1,
  validFraction: 0.02,
} as const;
const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** What a run keeps of its training. */
async function keptBy(run: string) {
  const checkpoints = join(run, "checkpoints");
  const files = (await readdir(checkpoints)).toSorted();
  return Promise.all(
    files.map(async (file) => [file, hash(await readFile(join(checkpoints, file)))] as const),
  );
}

describe.each(Object.entries(RUNS))("%s", (name, asked) => {
  const run = () => join(folder, name);
  let model: ImageModel;
  beforeAll(async () => {
    const { valid } = await train({ ...training, ...asked, out: run() });
    const ofGroups = name === "vae" ? [] : ["kl.2.1", "kl.1.1"];
    const figures = ["negativeElbo", "reconstruction", "kl", ...ofGroups, "bitsPerDimBound"];
    expect(Object.keys(valid)).toEqual(figures);
    expect(valid["negativeElbo"]).toBeCloseTo(valid["reconstruction"]! + valid["kl"]!, 3);
    model = await ImageModel.load(run());
  });

  test("keeps its settings", async () => {
    const { network, family } = await readRunConfig(run());
    expect(family).toBe("vae");
    expect(network.settings).toEqual({ beta: 1, klWarmup: 0, freeBits: 0, ...asked.settings });
    expect(network.modelConfig).toEqual(asked.sizes);
  });

  test("two runs of one seed are equal, and so is one that was stopped and resumed", async () => {
    const other = join(folder, `${name}-again`);
    const stop = new AbortController();
    const onEvent = (event: { type: string; step?: number }) => {
      if (event.type === "progress" && event.step === 4) stop.abort();
    };
    const asStopped = train({ ...training, ...asked, out: other }, { signal: stop.signal, onEvent });
    await expect(asStopped).rejects.toMatchObject({ code: "INTERRUPTED" });
    await resume(other);
    const [kept, keptAgain] = [await keptBy(run()), await keptBy(other)];
    expect(keptAgain.find(([file]) => file.includes("6"))).toEqual(kept.find(([file]) => file.includes("6")));
    expect(keptAgain.find(([file]) => file.startsWith("best"))).toEqual(
      kept.find(([file]) => file.startsWith("best")),
    );
  });

  test("draws the same pictures in any batch, by classes if it knows them", async () => {
    const { pictures, nats } = await model.sample({ count: 40, seed: 3 });
    expect(nats).toBeUndefined();
    const one = await model.sample({ count: 1, first: 37, seed: 3, workers: 1 });
    expect(one.pictures).toEqual(pictures.slice(37 * 64, 38 * 64));
    const ofClass = model.sample({ count: 2, classes: ["7"], seed: 3 });
    if (model.classes.length === 0)
      await expect(ofClass).rejects.toThrow("expected a model that knows classes");
    else expect((await ofClass).count).toBe(2);
  });

  test("tells a bound of the likelihood, tighter with importance samples", async () => {
    const elbo = await model.score("digits:test", { limit: 30 });
    expect(elbo).toMatchObject({ likelihood: "bound", bound: "elbo", importanceSamples: undefined });
    const weighted = await model.score("digits:test", { limit: 30, importanceSamples: 30 });
    expect(weighted).toMatchObject({ bound: "importance-weighted", importanceSamples: 30 });
    expect(weighted.nllNats).toBeLessThan(elbo.nllNats);
    // More pictures at once, and the same noise.
    const parts: number[] = [];
    const onBatch = ({ nats, perSubPixel }: { nats: readonly number[]; perSubPixel: unknown }) => {
      expect(perSubPixel).toBeUndefined();
      parts.push(...nats);
    };
    await model.score("digits:test", { limit: 90, onBatch });
    expect(parts.slice(0, 30).reduce((a, b) => a + b) / 30).toBeCloseTo(elbo.nllNats, 3);
    await expect(model.score("digits:test", { importanceSamples: 0 })).rejects.toThrow("importance samples");
  });

  test("sums classes out of bounds", async () => {
    const scored = model.score("digits:test", { limit: 20, classify: true });
    if (model.classes.length === 0) await expect(scored).rejects.toThrow("to classify");
    else expect((await scored).accuracy).toBeGreaterThanOrEqual(0);
  });

  test("turns pictures into latents and back", async () => {
    const { count, given, pictures } = await model.reconstruct("digits:test", { limit: 40 });
    const dataset = await openDataset("digits:test", { labels: true });
    expect(given).toEqual(await dataset.read(Array.from({ length: 40 }, (_, i) => i)));
    expect(count).toBe(40);
    const { length, values } = await model.embed(dataset, { limit: 40 });
    expect(length).toBe(name === "vae" ? 5 : 4 * 4 + 2 * 2);
    const some = await model.embed(dataset, { limit: 35 });
    some.values.forEach((value, i) => expect(value).toBeCloseTo(values[i]!, 4));

    const between = await model.interpolatePictures(dataset, { from: 3, to: 38, count: 5 });
    const picture = (all: Uint8Array, i: number) => all.slice(i * 64, (i + 1) * 64);
    expect(picture(between.pictures, 0)).toEqual(picture(pictures, 3));
    expect(picture(between.pictures, 4)).toEqual(picture(pictures, 38));
    const drawn = await model.interpolate({ fromSeed: 1, toSeed: 2, count: 3 });
    expect(drawn.pictures.length).toBe(3 * 64);
    await expect(model.interpolatePictures(dataset, { from: 0, to: 5000, count: 3 })).rejects.toThrow(
      "expected a number below 1797",
    );
  });

  test("cannot complete pictures, and says who can", async () => {
    await expect(model.complete("digits:test", { limit: 1 })).rejects.toThrow(
      `expected a model that can complete pictures (of the families autoregressive), received "${name}"`,
    );
    await expect(model.sample({ count: 1, size: { rows: 16, cols: 16 } })).rejects.toThrow("expected 8x8");
  });
});

test("pictures without labels need a class for a model that knows classes", async () => {
  const model = await ImageModel.load(join(folder, "vae"));
  const labelled = await openDataset("digits:test", { labels: true });
  const unlabelled = { ...labelled, labels: undefined, classNames: undefined };
  await expect(model.embed(unlabelled, { limit: 2 })).rejects.toThrow("expected labels, or a class for all");
  expect((await model.embed(unlabelled, { limit: 2, class: "4" })).count).toBe(2);
});

test.each([
  [{ settings: { beta: -1 } }, "beta"],
  [{ settings: { gamma: 1 } }, "a setting of vae"],
  [{ dropout: 0.1 }, "a model that has dropout"],
  [{ sizes: { blocks: 2 } }, "a size of vae"],
])("a VAE with %j is refused", async (wrong, message) => {
  const out = join(folder, "refused");
  await expect(train({ ...training, model: "vae", ...wrong, out })).rejects.toThrow(message);
});

test("an autoregressive model has no latents, and no importance samples, and says who has", async () => {
  const out = join(folder, "pixelcnn");
  await train({ ...training, steps: 1, model: "pixelcnn", sizes: { width: 2, depth: 1, head: 2 }, out });
  const model = await ImageModel.load(out);
  await expect(model.reconstruct("digits:test")).rejects.toThrow(
    'expected a model that can turn pictures into latents (of the families vae, tokenizer), received "pixelcnn", of the family autoregressive',
  );
  await expect(model.score("digits:test", { importanceSamples: 5 })).rejects.toThrow(
    "expected a model that can weigh importance samples (of the families vae)",
  );
  await expect(model.interpolate({ fromSeed: 0, toSeed: 1 })).rejects.toThrow(
    "go from one picture to another",
  );
});
