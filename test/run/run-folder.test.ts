import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Checkpoint } from "../../src/run/checkpoint.ts";
import {
  bestCheckpoint,
  readCheckpoint,
  saveBestCheckpoint,
  saveCheckpoint,
} from "../../src/run/checkpoints.ts";
import { appendMetrics, truncateMetrics } from "../../src/run/metrics.ts";
import { createRunFolder, readConfig, writeConfig } from "../../src/run/run-folder.ts";

const LEFTOVER = ".nextpixel-0123456789abcdef.tmp";

let folder: string;
let run: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nextpixel-"));
  run = join(folder, "runs", "x");
});
afterEach(() => rm(folder, { recursive: true }));

function checkpoint(step: number): Checkpoint {
  return {
    step,
    tensors: new Map([["w", { shape: [2], data: Float32Array.of(step, -1) }]]),
    metadata: { family: "pixelcnn" },
  };
}

function checkpointNames(): Promise<string[]> {
  return readdir(join(run, "checkpoints")).then((names) => names.toSorted());
}

describe("createRunFolder", () => {
  test("makes the folder, its parents and its parts; an empty folder will do", async () => {
    await createRunFolder(run);
    expect((await readdir(run)).toSorted()).toEqual(["checkpoints", "samples"]);
    await expect(createRunFolder(folder)).rejects.toMatchObject({ code: "EXISTS" });
    const empty = join(folder, "empty");
    await mkdir(empty);
    await createRunFolder(empty);
    expect((await readdir(empty)).toSorted()).toEqual(["checkpoints", "samples"]);
  });

  test("takes over what a run that never began has left", async () => {
    await createRunFolder(run);
    await writeFile(join(run, LEFTOVER), "half");
    await createRunFolder(run);
    await writeConfig(run, {});
    await expect(createRunFolder(run)).rejects.toMatchObject({ code: "EXISTS" });
  });

  test("does not touch a run, and says what to do", async () => {
    await createRunFolder(run);
    await writeConfig(run, { seed: 1 });
    await expect(createRunFolder(run)).rejects.toMatchObject({
      code: "EXISTS",
      message: `"${run}" is not empty: choose another folder, or start over by force`,
    });
    expect(await readConfig(run)).toEqual({ seed: 1 });
  });

  test("with force removes the run, and nothing else", async () => {
    await createRunFolder(run);
    await writeConfig(run, { seed: 1 });
    await appendMetrics(run, { step: 1 });
    await saveCheckpoint(run, checkpoint(1));
    await writeFile(join(run, "samples", "1.png"), "picture");
    await writeFile(join(run, "notes.txt"), "mine");
    await createRunFolder(run, { force: true });
    expect((await readdir(run)).toSorted()).toEqual(["checkpoints", "notes.txt", "samples"]);
    expect(await readdir(join(run, "samples"))).toEqual([]);
    expect(await checkpointNames()).toEqual([]);
  });

  test("with force leaves a folder alone that is not a run", async () => {
    await mkdir(join(run, "samples"), { recursive: true });
    await writeFile(join(run, "samples", "cat.png"), "cat");
    await expect(createRunFolder(run, { force: true })).rejects.toMatchObject({
      code: "EXISTS",
      message: expect.stringContaining("config.json"),
    });
    expect(await readFile(join(run, "samples", "cat.png"), "utf8")).toBe("cat");
  });

  test("does not replace a file, with or without force", async () => {
    const file = join(folder, "file");
    await writeFile(file, "old");
    for (const force of [false, true]) {
      await expect(createRunFolder(file, { force })).rejects.toMatchObject({ code: "EXISTS" });
    }
    expect(await readFile(file, "utf8")).toBe("old");
  });

  test("below a file is a WRITE error with the system's reason", async () => {
    await writeFile(join(folder, "runs"), "");
    await expect(createRunFolder(run)).rejects.toMatchObject({
      code: "WRITE",
      message: `cannot write ${run}: not a directory (ENOTDIR)`,
    });
  });
});

describe("config and metrics", () => {
  test("the config is what was written, for people to read", async () => {
    await createRunFolder(run);
    await writeConfig(run, { model: { width: 8 } });
    expect(await readConfig(run)).toEqual({ model: { width: 8 } });
    expect(await readFile(join(run, "config.json"), "utf8")).toBe(
      '{\n  "model": {\n    "width": 8\n  }\n}\n',
    );
  });

  test("without a folder or a config there is no run", async () => {
    const error = {
      code: "NOT_FOUND",
      message: `no run at "${run}": expected a folder made by nextpixel train`,
    };
    await expect(readConfig(run)).rejects.toMatchObject(error);
    await createRunFolder(run);
    await expect(readConfig(run)).rejects.toMatchObject(error);
  });

  test("a config that is not JSON, too large or not a file is a FORMAT error", async () => {
    const file = join(run, "config.json");
    await createRunFolder(run);
    await writeFile(file, "{");
    await expect(readConfig(run)).rejects.toMatchObject({
      code: "FORMAT",
      message: expect.stringContaining(file),
    });
    await writeFile(file, `"${"x".repeat(2 ** 23)}"`);
    await expect(readConfig(run)).rejects.toMatchObject({ code: "FORMAT" });
    await rm(file);
    await mkdir(file);
    await expect(readConfig(run)).rejects.toMatchObject({ code: "FORMAT" });
  });

  test("metrics are lines of JSON, and half a line does not swallow the next", async () => {
    const file = join(run, "metrics.jsonl");
    await createRunFolder(run);
    await appendMetrics(run, { step: 1, note: "two\nlines" });
    await appendMetrics(run, { step: 2 });
    await writeFile(file, '{"step":', { flag: "a" });
    await appendMetrics(run, { step: 3 });
    expect(await readFile(file, "utf8")).toBe(
      '{"step":1,"note":"two\\nlines"}\n{"step":2}\n{"step":\n{"step":3}\n',
    );
  });

  test("metrics can be cut back to a step, and lose lines that are not whole", async () => {
    const file = join(run, "metrics.jsonl");
    await createRunFolder(run);
    await truncateMetrics(run, 5);
    await writeFile(file, '{"step":1}\n{"st\n{"step":2,"a":[1]}\n{"step":3}\nnull\n{"step":"1"}\n{"step":1');
    await truncateMetrics(run, 2);
    expect(await readFile(file, "utf8")).toBe('{"step":1}\n{"step":2,"a":[1]}\n');
    await appendMetrics(run, { step: 3 });
    await truncateMetrics(run, 0);
    expect(await readFile(file, "utf8")).toBe("");
  });

  test("metrics without a folder are a WRITE error", async () => {
    await expect(appendMetrics(run, {})).rejects.toMatchObject({ code: "WRITE" });
  });
});

describe("checkpoints", () => {
  beforeEach(() => createRunFolder(run));

  test("the latest is the one of the highest step, as it was saved", async () => {
    const path = await saveCheckpoint(run, checkpoint(1200));
    expect(path).toBe(join(run, "checkpoints", "step-00001200.safetensors"));
    await saveCheckpoint(run, checkpoint(90));
    expect(await readCheckpoint(run, "last")).toMatchObject(checkpoint(1200));
  });

  test("steps of more digits than the name has zeros are still in order", async () => {
    await saveCheckpoint(run, checkpoint(123_456_789));
    await saveCheckpoint(run, checkpoint(99_999_999));
    expect((await readCheckpoint(run, "last")).step).toBe(123_456_789);
  });

  test("only the newest are kept", async () => {
    for (const step of [0, 5, 10, 15]) await saveCheckpoint(run, checkpoint(step));
    expect(await checkpointNames()).toEqual(["step-00000010.safetensors", "step-00000015.safetensors"]);
    await saveCheckpoint(run, checkpoint(20), 1);
    expect(await checkpointNames()).toEqual(["step-00000020.safetensors"]);
  });

  test("the one just saved is never deleted, nor a newer one", async () => {
    for (const step of [30, 40]) await saveCheckpoint(run, checkpoint(step));
    await saveCheckpoint(run, checkpoint(20), 1);
    expect(await checkpointNames()).toEqual([20, 30, 40].map((step) => `step-000000${step}.safetensors`));
  });

  test("unfinished and foreign files do not count; saving removes the unfinished", async () => {
    const checkpoints = join(run, "checkpoints");
    for (const name of [
      LEFTOVER,
      "step-9.safetensors",
      "step-00000009.safetensors.bak",
      "best.safetensors",
    ]) {
      await writeFile(join(checkpoints, name), "half");
    }
    await expect(readCheckpoint(run, "last")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await saveCheckpoint(run, checkpoint(2));
    expect((await readCheckpoint(run, "last")).step).toBe(2);
    expect(await checkpointNames()).toEqual([
      "best.safetensors",
      "step-00000002.safetensors",
      "step-00000009.safetensors.bak",
      "step-9.safetensors",
    ]);
  });

  test("the best is kept besides them, and is the first choice", async () => {
    expect(await bestCheckpoint(run)).toBeUndefined();
    for (const step of [1, 2, 3]) await saveCheckpoint(run, checkpoint(step));
    expect((await readCheckpoint(run, "best")).step).toBe(3);
    await saveBestCheckpoint(run, checkpoint(7));
    await saveBestCheckpoint(run, checkpoint(1));
    expect(await bestCheckpoint(run)).toMatchObject(checkpoint(1));
    const steps = await Promise.all(
      (["best", "last", 2] as const).map(async (choice) => (await readCheckpoint(run, choice)).step),
    );
    expect(steps).toEqual([1, 3, 2]);
    await expect(readCheckpoint(run, 1)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: `expected best, last or one of 3, 2 for the checkpoint of ${JSON.stringify(run)}, received 1`,
    });
  });

  test("without a run or a checkpoint there is NOT_FOUND", async () => {
    await expect(readCheckpoint(run, "last")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(readCheckpoint(join(folder, "no"), "last")).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining(join(folder, "no")),
    });
  });

  test("a renamed or damaged file is a FORMAT error that names it", async () => {
    const path = await saveCheckpoint(run, checkpoint(1));
    const renamed = join(run, "checkpoints", "step-00000002.safetensors");
    await rename(path, renamed);
    await expect(readCheckpoint(run, "last")).rejects.toMatchObject({
      code: "FORMAT",
      message: `expected step 2 in the metadata for ${renamed}, received 1`,
    });
    await writeFile(renamed, "damaged, and long enough");
    await expect(readCheckpoint(run, "last")).rejects.toMatchObject({
      code: "FORMAT",
      message: expect.stringContaining(renamed),
    });
  });

  test("a step that is no whole number is refused, and so is keeping none", async () => {
    await expect(saveCheckpoint(run, checkpoint(1.5))).rejects.toMatchObject({ code: "ARGUMENT" });
    await expect(saveCheckpoint(run, checkpoint(1), 0)).rejects.toMatchObject({ code: "ARGUMENT" });
    expect(await checkpointNames()).toEqual([]);
  });
});
