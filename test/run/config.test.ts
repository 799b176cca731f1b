import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readRunConfig, runConfigOf, type RunConfig } from "../../src/run/config.ts";
import { saveCheckpoint } from "../../src/run/checkpoints.ts";
import { createRunFolder, writeConfig } from "../../src/run/run-folder.ts";
import { loadSavedModel } from "../../src/run/saved-model.ts";
import { TINY_CONFIG } from "./tiny-config.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nextpixel-config-"));
});
afterAll(() => rm(folder, { recursive: true }));

const writtenWith = async (network: Partial<RunConfig["network"]>): Promise<string> => {
  const run = join(await mkdtemp(join(folder, "x-")), "run");
  await createRunFolder(run);
  await writeConfig(run, { ...TINY_CONFIG, network: { ...TINY_CONFIG.network, ...network } });
  await saveCheckpoint(run, { step: 0, tensors: new Map(), metadata: {} });
  return run;
};

test("a run's configuration is read as it was written", async () => {
  expect(await readRunConfig(await writtenWith({}))).toEqual(TINY_CONFIG);
});

test("an optimizer that averages in its own way has no moving average, and the others have one", () => {
  const read = (training: Partial<RunConfig["training"]>) => () =>
    runConfigOf(
      JSON.parse(JSON.stringify({ ...TINY_CONFIG, training: { ...TINY_CONFIG.training, ...training } })),
      "some.json",
    );
  expect(read({ optimizer: undefined })().training.optimizer).toBe("adam");
  expect(read({ optimizer: "schedule-free", ema: undefined })().training).not.toHaveProperty("ema");
  expect(read({ ema: [0.9, 0.99] })().training.ema).toEqual([0.9, 0.99]);
  expect(read({ ema: [0.9, 0.9] })).toThrow("some.json: training.ema: Expected different decays");
  expect(read({ ema: [] })).toThrow("some.json: training.ema");
  expect(read({ ema: [0.9, 1] })).toThrow("some.json: training.ema.1: Expected a number below 1");
  expect(read({ optimizer: "schedule-free" })).toThrow("some.json: training.ema: Expected none");
  expect(read({ optimizer: "muon", ema: undefined })).toThrow("some.json: training.ema: Expected a number");
});

test("pictures of any size that can be learned may be asked for, and no larger ones", async () => {
  const size = (channels: number, rows: number, cols: number) =>
    writtenWith({ size: { channels, rows, cols } });
  await expect(readRunConfig(await size(1, 2 ** 24, 1))).resolves.toBeTruthy();
  const tooLarge = await size(3, 2 ** 12, 2 ** 12);
  await expect(readRunConfig(tooLarge)).rejects.toMatchObject({
    code: "FORMAT",
    message: `${tooLarge}/config.json: network.size: Expected at most 16777216 sub-pixels`,
  });
  await expect(readRunConfig(await size(65, 1, 1))).rejects.toThrow("network.size.channels");
});

// Each of these would fill the memory before anything is compared with the checkpoint.
test.each([
  [{ width: 60_000 }, "expected at most 134217728 values for the parameters of a network"],
  [{ head: 60_000 }, "expected at most 134217728 values"],
  [{ depth: 60_000 }, "expected at most 16384 parameters for a network"],
  [{ depth: 2 ** 40 }, "expected a whole number from 1 to 65536 for depth"],
])("a network of %j is refused, in the name of the file that asks for it", async (sizes, reason) => {
  const run = await writtenWith({ modelConfig: { ...TINY_CONFIG.network.modelConfig, ...sizes } });
  await expect(loadSavedModel(run)).rejects.toMatchObject({
    code: "ARGUMENT",
    message: expect.stringContaining(`${run}/config.json: ${reason}`),
  });
});

test("an older run, of larger pictures that are not read as differences, is refused: its weights would fit", () => {
  const read = (field: object) =>
    runConfigOf({ ...TINY_CONFIG, network: { ...TINY_CONFIG.network, field } }, "config.json");
  const before = { kind: "coarse", halvings: 1, width: 2, depth: 1 };
  expect(read({ ...before, reads: "differences" }).network.field).toMatchObject({ reads: "differences" });
  expect(() => read(before)).toThrow(
    expect.objectContaining({
      code: "FORMAT",
      message: expect.stringContaining("train a run of an older version again"),
    }),
  );
});
