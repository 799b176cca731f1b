import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { trainingRecords, validationAt } from "../../src/run/metrics.ts";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "nextpixel-metrics-"))));
afterAll(() => rm(folder, { recursive: true }));

test("records tell the seconds of all steps until then, by the speed of each, and the validations", async () => {
  const records = [
    { step: 10, imagesPerSecond: 100, valid: null },
    { step: 30, imagesPerSecond: 50, valid: { nats: 80, note: "no number" } },
  ];
  const lines = [JSON.stringify(records[0]), "damaged", JSON.stringify(records[1]), '{"step": 40'];
  await writeFile(join(folder, "metrics.jsonl"), lines.join("\n"));
  const first = (10 * 5) / 100;
  expect(await trainingRecords(folder, 5)).toEqual([
    { step: 10, seconds: first, valid: {} },
    { step: 30, seconds: first + (20 * 5) / 50, valid: { nats: 80 } },
  ]);
  expect(await validationAt(folder, 30)).toEqual({ nats: 80 });
  expect(await validationAt(folder, 10)).toEqual({});
});

test("a run without metrics has no records", async () => {
  expect(await trainingRecords(join(folder, "none"), 5)).toEqual([]);
});
