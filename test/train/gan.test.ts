import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDataset } from "../../src/data/open.ts";
import { pictureLength, subset, type Dataset } from "../../src/data/dataset.ts";
import { ImageModel } from "../../src/tasks/image-model.ts";
import { resume, train } from "../../src/train/train.ts";
import type { TrainRequest } from "../../src/train/request.ts";

let folder: string;
let digits: Dataset;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nextpixel-gan-"));
  const all = await openDataset("digits", { labels: true });
  digits = subset(
    all,
    Uint32Array.from({ length: 60 }, (_, i) => i),
  );
});
afterAll(() => rm(folder, { recursive: true }));

const request = (run: string, given: Partial<TrainRequest> = {}): TrainRequest => ({
  dataset: digits,
  out: join(folder, run),
  model: "gan",
  sizes: { latents: 4, width: 4, blocks: 1 },
  steps: 6,
  batch: 7,
  shares: 2,
  lr: 0.01,
  warmup: 2,
  ema: 0.8,
  evalEvery: 2,
  checkpointEvery: 3,
  seed: 3,
  ...given,
});

/** All files of a run's checkpoints and previews. */
async function filesOf(run: string): Promise<Record<string, Buffer>> {
  const names = (await readdir(join(folder, run), { recursive: true })).filter((name) =>
    /\.(safetensors|png)$/.test(name),
  );
  const contents = await Promise.all(names.map((name) => readFile(join(folder, run, name))));
  return Object.fromEntries(names.map((name, i) => [name, contents[i]!]));
}

const recordsOf = async (run: string) =>
  (await readFile(join(folder, run, "metrics.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { step: number; train: object; valid: object | null });

describe.each(["r3gan", "dcgan", "wgan-gp"])("a GAN trained by the loss %s", (ganLoss) => {
  const given = { settings: { ganLoss }, classConditional: true };

  test("is the same from the same seed, and after a stop", async () => {
    const trained = await train(request(`${ganLoss}-whole`, given), { threads: 1 });
    expect(trained.valid).toEqual({});
    await train(request(`${ganLoss}-again`, given), { threads: 2 });
    const whole = await filesOf(`${ganLoss}-whole`);
    expect(Object.keys(whole)).toContain("checkpoints/best.safetensors");
    expect(await filesOf(`${ganLoss}-again`)).toEqual(whole);

    const stop = new AbortController();
    const stopped = train(request(`${ganLoss}-stopped`, given), {
      threads: 1,
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === "progress" && event.step === 4) stop.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });
    await resume(join(folder, `${ganLoss}-stopped`), { threads: 1, pictures: { dataset: digits } });
    const { "checkpoints/step-00000004.safetensors": _, ...resumed } = await filesOf(`${ganLoss}-stopped`);
    for (const name of Object.keys(resumed)) expect(resumed[name], name).toEqual(whole[name]);
    expect(resumed).toHaveProperty(["checkpoints/step-00000006.safetensors"]);
  });
});

test("records have its figures and no validation's, and the newest weights are the best", async () => {
  await train(request("figures"), { threads: 1 });
  const records = await recordsOf("figures");
  expect(records.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(Object.keys(records[0]!.train)).toEqual([
    "discriminatorLoss",
    "penaltyReal",
    "penaltyGenerated",
    "scoreReal",
    "scoreGenerated",
    "generatorLoss",
  ]);
  expect(records.map(({ valid }) => valid)).toEqual([null, {}, null, {}, null, {}]);
  expect((await ImageModel.load(join(folder, "figures"))).step).toBe(6);
});

test("a loss that is no number any more ends the training; what was good before is kept", async () => {
  const broken = train(request("broken", { lr: 1e30, warmup: 0, evalEvery: 1 }), { threads: 1 });
  await expect(broken).rejects.toMatchObject({
    code: "DIVERGED",
    message: /the checkpoint of step 0 is kept/,
  });
  // The weights of step 1 are numbers, but no step goes on from there.
  const model = await ImageModel.load(join(folder, "broken"));
  expect(model.step).toBe(0);
  const { pictures } = await model.sample({ count: 2 });
  expect(pictures).toHaveLength(2 * 64);
});

describe("a trained GAN", () => {
  let model: ImageModel;
  beforeAll(async () => {
    await train(request("trained", { classConditional: true }), { threads: 1 });
    model = await ImageModel.load(join(folder, "trained"));
  });

  test("draws the same picture of a seed, whatever is drawn beside it", async () => {
    const all = await model.sample({ count: 40, seed: 5 });
    expect(all.nats).toBeUndefined();
    const length = pictureLength(model.size);
    const some = await model.sample({ count: 3, first: 30, seed: 5, workers: 1 });
    expect(some.pictures).toEqual(all.pictures.slice(30 * length, 33 * length));
    expect(new Set(all.pictures).size).toBeGreaterThan(2);
    expect((await model.sample({ count: 40, seed: 6 })).pictures).not.toEqual(all.pictures);
  });

  test("goes from one picture to another", async () => {
    const length = pictureLength(model.size);
    const { pictures, count } = await model.interpolate({ fromSeed: 1, toSeed: 2, count: 5, class: 3 });
    expect(count).toBe(5);
    const end = async (seed: number) => (await model.sample({ count: 1, seed, classes: [3] })).pictures;
    expect(pictures.slice(0, length)).toEqual(await end(1));
    expect(pictures.slice(4 * length)).toEqual(await end(2));
    expect(pictures.slice(2 * length, 3 * length)).not.toEqual(await end(1));
    await expect(model.interpolate({ fromSeed: 1, toSeed: 2, class: "12" })).rejects.toThrow(
      "expected one of",
    );
    await expect(model.interpolate({ fromSeed: 1, toSeed: 2, count: 1 })).rejects.toThrow("whole number");
  });

  test("says why it tells no likelihood and completes nothing, and which families do", async () => {
    await expect(model.score("digits:test")).rejects.toThrow(
      'expected a model that can tell how likely pictures are (of the families autoregressive, vae, tokenizer), received "gan", ' +
        "of the family gan: a GAN draws pictures, and has no likelihood of any picture",
    );
    await expect(model.complete("digits:test", { limit: 1 })).rejects.toThrow(
      'expected a model that can complete pictures (of the families autoregressive), received "gan", of the family gan: ' +
        "a GAN draws whole pictures at once",
    );
  });
});

test("an autoregressive model has nothing to interpolate between, and dropout is not for a GAN", async () => {
  await train(
    request("pixelcnn", {
      model: "pixelcnn",
      sizes: { width: 2, depth: 1, head: 2 },
      steps: 1,
      evalEvery: 1,
    }),
    { threads: 1 },
  );
  const model = await ImageModel.load(join(folder, "pixelcnn"));
  await expect(model.interpolate({ fromSeed: 1, toSeed: 2 })).rejects.toThrow(
    "expected a model that can go from one picture to another",
  );
  await expect(train(request("dropped", { dropout: 0.5 }))).rejects.toThrow(
    "expected a model that has dropout",
  );
  await expect(train(request("likely", { likelihood: "categorical" }))).rejects.toThrow("likelihood");
});
