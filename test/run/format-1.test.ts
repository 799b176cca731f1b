import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSampler } from "../../src/browser.ts";
import { dequantise } from "../../src/data/quantise.ts";
import { pictureGrid } from "../../src/pictures/grid.ts";
import { decodeCheckpoint } from "../../src/run/checkpoint.ts";
import { readCheckpoint } from "../../src/run/checkpoints.ts";
import { readRunConfig } from "../../src/run/config.ts";
import { loadSavedModel } from "../../src/run/saved-model.ts";
import { openDataset } from "../../src/data/open.ts";
import { sample } from "../../src/tasks/sample.ts";
import { score } from "../../src/tasks/score.ts";
import { resume } from "../../src/train/train.ts";

/*
 * A run that version 0.1.0 made before there were families, and what that version made of it: `sample --count 10 --seed
 * 5`, the score of the first 50 test digits, and the checkpoint of step 8, to which it went on from the one of step 4.
 */
const RUN = join(import.meta.dirname, "../fixtures/run-of-format-1");
const NATS = [
  177.49786025099456, 178.8531697615981, 176.00134886987507, 177.73110840655863, 182.20472486130893,
  177.50794566236436, 173.7191222589463, 182.42444097739644, 177.19208813086152, 180.0733309611678,
];
const SCORE = 170.09081479072572;

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "nextpixel-format-1-"))));
afterAll(() => rm(folder, { recursive: true }));

describe("a run of format 1", () => {
  test("is read as one of format 2", async () => {
    expect(await readRunConfig(RUN)).toMatchObject({
      format: 2,
      family: "autoregressive",
      network: { model: "gated-pixelcnn" },
    });
  });

  test("draws the same pictures, to the last bit", async () => {
    const drawn = await sample(await loadSavedModel(RUN), { count: 10, seed: 5, workers: 1 });
    const grid = pictureGrid(dequantise(drawn.pictures, drawn.levels), 10, drawn.size, { columns: 10 });
    const wanted = decode(await readFile(join(RUN, "expected-samples.png")));
    expect(grid).toMatchObject({ width: wanted.width, height: wanted.height });
    expect(Buffer.compare(grid.data, wanted.data as Uint8Array)).toBe(0);
    expect([...drawn.nats!]).toEqual(NATS);
  });

  test("draws in a browser from its checkpoint, which holds more than weights", async () => {
    const config = JSON.parse(await readFile(join(RUN, "config.json"), "utf8"));
    const sampler = openSampler(config, await readFile(join(RUN, "checkpoints/best.safetensors")), {
      workers: 1,
    });
    for await (const event of sampler.stream({ count: 10, seed: 5 }))
      if (event.kind === "pictures") expect([...event.nats!]).toEqual(NATS);
    sampler.close();
  });

  test("scores as before", async () => {
    const { nllNats } = await score(
      await loadSavedModel(RUN),
      await openDataset("digits:test", { labels: true }),
      { limit: 50 },
    );
    expect(nllNats).toBeCloseTo(SCORE, 4);
  });

  test("goes on from its checkpoint as it would have", async () => {
    const run = join(folder, "run");
    await cp(RUN, run, { recursive: true });
    expect((await resume(run, { threads: 1 })).step).toBe(8);
    const file = join(RUN, "expected-step-8.safetensors");
    const wanted = decodeCheckpoint(await readFile(file), file).tensors;
    const { tensors } = await readCheckpoint(run, "last");
    expect(tensors.size).toBe(wanted.size);
    for (const [name, { shape, data }] of wanted) {
      const own = tensors.get(`network/${name}`)!;
      expect(own.shape).toEqual(shape);
      // Another processor may round otherwise.
      data.forEach((value, i) =>
        expect(Math.abs(own.data[i]! - value)).toBeLessThan(1e-4 * (1 + Math.abs(value))),
      );
    }
  });
});
