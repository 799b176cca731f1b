import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "fast-png";
import { parse } from "yaml";
import { describe, expect, test } from "vitest";
import { openSampler } from "../../src/browser.ts";
import type { RunConfig } from "../../src/run/config.ts";
import { readRunConfig } from "../../src/run/config.ts";
import { createRunFolder } from "../../src/run/run-folder.ts";
import { loadSavedModel } from "../../src/run/saved-model.ts";
import { loadRuntime } from "../../src/runtime/ort.ts";
import { openSummaries } from "../../src/studio/server/run-summary.ts";
import { pack, packedFiles } from "../../src/tasks/pack.ts";
import { sample } from "../../src/tasks/sample.ts";
import { resume } from "../../src/train/train.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { TINY_CONFIG, TINY_VAE_CONFIG } from "../run/tiny-config.ts";
import { runWithFirstWeights } from "../run/run-with-first-weights.ts";

const { likelihood: _, ...network } = TINY_CONFIG.network;
const GAN: RunConfig = {
  ...TINY_CONFIG,
  family: "gan",
  network: {
    ...network,
    model: "gan",
    size: { channels: 1, rows: 8, cols: 8 },
    modelConfig: { width: 2, latents: 2 },
  },
};
const LADDER: RunConfig = {
  ...TINY_VAE_CONFIG,
  network: {
    ...TINY_CONFIG.network,
    model: "ladder-vae",
    modelConfig: { width: 1, latents: 1, resolutions: 1 },
    size: { channels: 1, rows: 8, cols: 8 },
  },
};
const SECRET = "/home/somebody/secret-pictures";
const secretly = (config: RunConfig): RunConfig => ({
  ...config,
  data: { ...config.data, train: SECRET, valid: `${SECRET}/valid`, layout: "NHWC" },
});

async function packed(config: RunConfig, options = {}) {
  const run = await runWithFirstWeights(config);
  const folder = join(await temporaryFolder(), "tiny-model");
  const files = await pack(run, folder, options);
  const card = await readFile(join(folder, "README.md"), "utf8");
  const [, front = "", text = ""] = /^---\n(.*?)---\n(.*)$/s.exec(card)!;
  return { run, folder, files, front: parse(front), text };
}

describe("a packed model", () => {
  test.each([
    ["pixelcnn", TINY_CONFIG, "autoregressive"],
    ["vae", TINY_VAE_CONFIG, "vae"],
    ["ladder-vae", LADDER, "vae"],
    ["gan", GAN, "gan"],
  ])(
    "of a %s draws what the run draws, and knows nothing of where its pictures were",
    async (model, config, family) => {
      const { run, folder, files, front, text } = await packed(secretly(config), { license: "MIT" });
      expect(files.map((file) => file.slice(folder.length + 1)).sort()).toEqual(
        ["README.md", "config.json", "model.safetensors", "onnx/model.onnx", "samples.png"].sort(),
      );
      for (const file of files) {
        const content = await readFile(file);
        expect(content.includes("somebody") || content.includes(folder), file).toBe(false);
      }
      expect((await readRunConfig(folder)).data).toMatchObject({
        train: "(not published)",
        valid: "(not published)",
        layout: "NHWC",
      });
      const [before, after] = await Promise.all([loadSavedModel(run), loadSavedModel(folder)]);
      expect(after.weights).toEqual(before.weights);
      expect([after.step, after.best]).toEqual([before.step, before.best]);
      const options = { count: 3, seed: 9, workers: 1 };
      expect((await sample(after, options)).pictures).toEqual((await sample(before, options)).pictures);
      expect(front).toMatchObject({
        license: "mit",
        library_name: "nextpixel",
        pipeline_tag: "unconditional-image-generation",
        tags: ["nextpixel", "image-generation", family, model, "onnx"],
      });
      expect(front).not.toHaveProperty("model-index");
      expect(text).toContain("# tiny-model");
      expect(text).toContain("on pictures that are not published");
      expect(text.includes("| of the validation pictures |")).toBe(family !== "gan");
      const { width, height } = decode(await readFile(join(folder, "samples.png")));
      expect(Math.min(width, height)).toBeGreaterThan(config.network.size.cols * 4);
      const ort = await loadRuntime();
      const session = await ort.InferenceSession.create(join(folder, "onnx/model.onnx"));
      expect(session.inputNames.length).toBeGreaterThan(0);
      await session.release();
    },
  );

  test("tells the figures of the validation of its weights, of which data, and says so", async () => {
    const { front, text } = await packed({
      ...TINY_CONFIG,
      data: { ...TINY_CONFIG.data, train: "hf:me/shapes:test", valid: 0.25 },
    });
    expect(front["model-index"]).toEqual([
      {
        name: "tiny-model",
        results: [
          {
            task: { type: "unconditional-image-generation" },
            dataset: { name: "hf:me/shapes:test", type: "me/shapes", split: "validation" },
            metrics: [
              { type: "nats", name: "nats (validation)", value: 10.125 },
              { type: "bitsPerDim", name: "bits/dim (validation)", value: 11.125 },
            ],
          },
        ],
      },
    ]);
    expect(front).toMatchObject({ datasets: ["me/shapes"] });
    expect(front).not.toHaveProperty("license");
    expect(text).toMatch(/\| nats \| 10\.1\d* \| lower \|/);
    expect(text).toContain("Validation pictures: 25 % of the training set, held out.");
  });

  test("is no run: it is not trained, replaced or packed again; browsers and the studio draw with it", async () => {
    const { run, folder } = await packed(TINY_CONFIG);
    const cannot = {
      code: "EXISTS",
      message: expect.stringContaining("is a packed model, which cannot be trained"),
    };
    await expect(resume(folder)).rejects.toMatchObject(cannot);
    await expect(createRunFolder(folder, { force: true })).rejects.toMatchObject(cannot);
    await expect(pack(folder, `${folder}-again`)).rejects.toMatchObject({
      code: "ARGUMENT",
      message: `${folder} is a packed model already: copy its folder`,
    });
    for (const checkpoint of ["last", 5] as const)
      await expect(loadSavedModel(folder, checkpoint)).rejects.toMatchObject({
        code: "NOT_FOUND",
        message: expect.stringContaining("expected best, the only weights of a packed model,"),
      });
    // A browser draws with its two files.
    const { network: own } = await readRunConfig(folder);
    const sampler = openSampler({ network: own }, await readFile(join(folder, "model.safetensors")), {
      workers: 1,
    });
    const rows: number[] = [];
    for await (const event of sampler.stream({ count: 1, seed: 4 }))
      if (event.kind === "row") rows.push(...event.levels);
    sampler.close();
    const { pictures } = await sample(await loadSavedModel(run), { count: 1, seed: 4, workers: 1 });
    expect(rows).toEqual([...pictures]);
    // The studio lists it.
    const summary = await openSummaries()(folder, "tiny", false);
    expect(summary).toMatchObject({ state: "finished", step: 5, draws: "pixels", problem: undefined });
    await writeFile(join(folder, "model.safetensors"), "damaged");
    expect(await openSummaries()(folder, "tiny", false)).toMatchObject({
      state: "failed",
      problem: expect.stringContaining("model.safetensors"),
    });
  });

  test.each([
    ["a licence that is none", { license: "my own: licence" }, "expected an identifier such as mit"],
    ["a checkpoint that is not there", { checkpoint: 7 }, "no checkpoint"],
  ])("with %s is refused before anything is written", async (_name, options, message) => {
    const run = await runWithFirstWeights(TINY_CONFIG);
    await expect(packedFiles(run, { name: "x", source: "x" }, options)).rejects.toThrow(message);
  });

  test("goes into no folder that has anything in it", async () => {
    const run = await runWithFirstWeights(TINY_CONFIG);
    await expect(pack(run, run)).rejects.toMatchObject({ code: "EXISTS" });
    await expect(pack(run, "model.zip")).rejects.toMatchObject({ code: "ARGUMENT" });
  });
});
