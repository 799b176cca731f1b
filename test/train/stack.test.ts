import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDataset } from "../../src/data/open.ts";
import { stacked } from "../../src/data/stack.ts";
import { readRunConfig } from "../../src/run/config.ts";
import { ImageModel } from "../../src/tasks/image-model.ts";
import { resume, train } from "../../src/train/train.ts";

let run: string;
const counts: number[] = [];
beforeAll(async () => {
  run = join(await mkdtemp(join(tmpdir(), "nextpixel-stack-")), "run");
  await train(
    {
      dataset: "digits",
      out: run,
      stack: 500,
      sizes: { width: 2, depth: 1, head: 4 },
      steps: 2,
      batch: 4,
      seed: 7,
      classConditional: true,
    },
    {
      threads: 1,
      onEvent: (event) => {
        if (event.type === "start") counts.push(event.trainPictures, event.validPictures);
      },
    },
  );
});
afterAll(() => rm(join(run, ".."), { recursive: true }));

test("training and validation pictures are stacks of pictures of their own", async () => {
  expect(counts).toEqual([500, 382]);
  const { data, network } = await readRunConfig(run);
  expect(data).toMatchObject({ train: "digits", stack: 500, pictures: { train: 500, valid: 382 } });
  expect(network.size).toEqual({ channels: 3, rows: 8, cols: 8 });
  expect(network.classes).toHaveLength(1000);
  expect(network.classes![123]!.name).toBe("1/2/3");
});

test("what such a model scores are stacks too, the same for every run", async () => {
  const model = await ImageModel.load(run);
  const byName = await model.score("digits:test", { limit: 20 });
  const stacks = stacked(await openDataset("digits:test", { labels: true }), 1797);
  expect(await model.score(stacks, { limit: 20 })).toEqual(byName);
});

test("a run on stacks goes on with the same stacks", async () => {
  const { step } = await resume(run, { threads: 1, steps: 3 });
  expect(step).toBe(3);
});

test("pictures with colours cannot be stacked", async () => {
  const stacks = stacked(await openDataset("digits"), 10);
  await expect(train({ dataset: stacks, out: `${run}-2`, stack: 10 })).rejects.toThrow(
    "expected pictures of one channel",
  );
});
