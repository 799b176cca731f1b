import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { memoryDataset } from "../../src/data/dataset.ts";
import { openEvaluator } from "../../src/programs/evaluator.ts";
import { openSession } from "../../src/runtime/ort.ts";
import { openSessionThread } from "../../src/runtime/workers/session.ts";
import { readFailure } from "../../src/run/failure.ts";
import { trainModel } from "../../src/train/loop.ts";
import { TINY_CONFIG } from "../run/tiny-config.ts";
import { randomLevels } from "../runtime/logits.ts";

// What is open of sessions and threads, counted around the real ones; any of them can be made to fail.
const { open, failing } = vi.hoisted(() => ({
  open: { count: 0, opened: 0 },
  failing: { at: Number.POSITIVE_INFINITY },
}));
const counted = vi.hoisted(
  () =>
    <Arguments extends unknown[]>(original: (...given: Arguments) => Promise<{ close(): Promise<void> }>) =>
    async (...given: Arguments) => {
      if (++open.opened === failing.at) throw new Error("no room");
      const session = await original(...given);
      open.count++;
      return { ...session, close: () => (open.count--, session.close()) };
    },
);
vi.mock(import("../../src/runtime/ort.ts"), async (original) => {
  const all = await original();
  return { ...all, openSession: counted(all.openSession) as typeof openSession };
});
vi.mock(import("../../src/runtime/workers/session.ts"), async (original) => {
  const all = await original();
  return { ...all, openSessionThread: counted(all.openSessionThread) as typeof openSessionThread };
});
vi.mock(import("../../src/programs/evaluator.ts"), async (original) => {
  const all = await original();
  const opening = async (...given: Parameters<typeof openEvaluator>) => {
    if (failing.at === 0) throw new Error("no validation");
    return all.openEvaluator(...given);
  };
  return { ...all, openEvaluator: opening };
});

const pictures = memoryDataset({
  name: "noise",
  size: TINY_CONFIG.network.size,
  levels: 2,
  pixels: randomLevels(20 * 16, 2, 1),
});
const config = { ...TINY_CONFIG, training: { ...TINY_CONFIG.training, shares: 2 } };

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "nextpixel-failing-"))));
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => void Object.assign(open, { count: 0, opened: 0 }));

const train = (run: string, options: { resume?: boolean } = {}) =>
  trainModel({ run, config, train: pictures, valid: pictures, threads: 2, ...options });

test("a training that ends well closes what it has opened: two shares, the update, the validation", async () => {
  failing.at = Number.POSITIVE_INFINITY;
  const run = join(folder, "well");
  await train(run);
  expect(open).toEqual({ count: 0, opened: 4 });
  expect(await readdir(run)).not.toContain("lock.json");
});

test.each([
  ["the validation", 0, "no validation"],
  ["the first share", 1, "no room"],
  ["the second share", 2, "no room"],
  ["the update", 3, "no room"],
  ["the validation's session", 4, "no room"],
])("if opening %s fails, everything else is closed, and the run is not locked", async (what, at, message) => {
  failing.at = at;
  const run = join(folder, what);
  await expect(train(run)).rejects.toThrow(message);
  expect(open.count).toBe(0);
  expect(await readdir(run)).not.toContain("lock.json");
  expect(await readFailure(run)).toEqual({ message });
});

test("a run that goes on has not failed", async () => {
  const run = join(folder, "again");
  failing.at = 0;
  await expect(train(run)).rejects.toThrow();
  failing.at = Number.POSITIVE_INFINITY;
  await train(run, { resume: true });
  expect(await readFailure(run)).toBeUndefined();
});
