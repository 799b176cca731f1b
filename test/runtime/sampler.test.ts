import { afterAll, describe, expect, test } from "vitest";
import { pictureLength } from "../../src/data/dataset.ts";
import { buildNetwork, NETWORK } from "../../src/programs/network.ts";
import type { SampleEvent, StepSampler } from "../../src/runtime/step/sampler.ts";
import type { StartWorker } from "../../src/runtime/step/worker.ts";
import { startNodeWorker } from "../../src/runtime/workers/node.ts";
import { sample } from "../../src/tasks/sample.ts";
import { TINY_NETWORKS } from "../programs/tiny.ts";
import { draw, hashOf, samplerOf, streamOf, type Drawn, type Request } from "./drawing.ts";
import { randomWeights } from "./logits.ts";

// Some 160,000 multiply-adds a pixel: enough for 64 pictures to be worth two workers.
const config = {
  model: "pixelcnn",
  modelConfig: { width: 48, depth: 7, head: 32 },
  likelihood: "categorical",
  levels: 4,
  size: { channels: 1, rows: 12, cols: 12 },
} as const;
const COUNT = 64;
const SEED = 2 ** 40 + 5;
const network = buildNetwork(config, 1);
const weights = randomWeights(network.declarations, 2);

/** Starts workers of Node, and counts them. */
function countingStart(): { start: StartWorker; started: () => number } {
  let count = 0;
  const start: StartWorker = (...listeners) => {
    count++;
    return startNodeWorker(...listeners);
  };
  return { start, started: () => count };
}

const here = samplerOf(network, weights);
const { start, started } = countingStart();
const beside = samplerOf(network, weights, { workers: 2, startWorker: start });
afterAll(() => beside.close());

const request: Request = { seed: SEED, count: COUNT };
const reference: Promise<Drawn> = draw(here, network, request);

async function expectReference(drawn: Drawn): Promise<void> {
  const wanted = await reference;
  expect(hashOf(drawn.pictures)).toBe(hashOf(wanted.pictures));
  expect(drawn.nats).toEqual(wanted.nats);
}

describe("the pixels of a seed have one SHA-256", () => {
  test("in one thread and in two workers, which are started once", async () => {
    await expectReference(await draw(beside, network, request));
    expect(started()).toBe(2);
    await expectReference(await draw(beside, network, request));
    expect(started()).toBe(2);
  });

  test("whatever the batches", async () => {
    await reference;
    const parts = [
      await draw(here, network, { ...request, count: 7 }),
      await draw(here, network, { ...request, count: 33, first: 7 }),
      await draw(here, network, { ...request, count: 24, first: 40 }),
    ];
    await expectReference({
      pictures: Uint8Array.from(parts.flatMap(({ pictures }) => [...pictures])),
      nats: Float64Array.from(parts.flatMap(({ nats }) => [...nats])),
    });
  });

  test("for a picture alone", async () => {
    const length = pictureLength(config.size);
    const wanted = await reference;
    for (const k of [0, 31, 32, 63]) {
      const { pictures, nats } = await draw(here, network, { ...request, count: 1, first: k });
      expect(hashOf(pictures)).toBe(hashOf(wanted.pictures.subarray(k * length, (k + 1) * length)));
      expect(nats[0]).toBe(wanted.nats[k]);
    }
  });

  test("for pictures drawn by tasks/sample", async () => {
    const data = { train: "", valid: 0.1, gray: true, resize: null, skipBad: false };
    const model = { config, data, step: 0, weights: { [NETWORK]: weights } };
    for (const workers of [1, 2]) {
      const progress: number[] = [];
      const onProgress = (done: number) => void progress.push(done);
      const drawn = await sample(model, { count: COUNT, seed: SEED, workers, onProgress });
      await expectReference({ pictures: drawn.pictures, nats: drawn.nats! });
      expect(drawn).toMatchObject({ count: COUNT, size: config.size });
      expect(progress).toEqual(progress.toSorted((a, b) => a - b));
      expect(progress.at(-1)).toBe(1);
    }
  });

  test("and another one for another seed or temperature", async () => {
    const wanted = hashOf((await reference).pictures);
    // A seed has 53 bits.
    for (const other of [{ seed: 5 }, { seed: SEED + 1 }, { temperature: 0.9 }]) {
      expect(hashOf((await draw(here, network, { ...request, ...other })).pictures)).not.toBe(wanted);
    }
  });
});

test("pictures of different classes have the same bits together, alone and in workers", async () => {
  const classes = ["a", "b", "c"].map((name) => ({ name, pictures: 1 }));
  const conditional = buildNetwork({ ...config, classes }, 1);
  const own = randomWeights(conditional.declarations, 2);
  const alone = samplerOf(conditional, own);
  const workers = samplerOf(conditional, own, { workers: 2, startWorker: startNodeWorker });
  const wanted = await draw(alone, conditional, request);
  const received = await draw(workers, conditional, request);
  workers.close();
  expect(hashOf(received.pictures)).toBe(hashOf(wanted.pictures));
  expect(received.nats).toEqual(wanted.nats);
  // Among them the first and the last of a batch, each of a class of its own.
  for (const k of [0, 31, 32, 63]) {
    const { nats } = await draw(alone, conditional, { ...request, count: 1, first: k });
    expect(nats[0]).toBe(wanted.nats[k]);
    const other = Uint32Array.of((k + 1) % 3);
    const turned = await draw(alone, conditional, { ...request, count: 1, first: k, classes: other });
    expect(turned.nats[0]).not.toBe(wanted.nats[k]);
  }
});

test("each row is told of once, in order, and then the pictures", async () => {
  const events: SampleEvent[] = [];
  for await (const event of streamOf(beside, network, request)) events.push(event);
  for (const first of [0, 32]) {
    const own = events.filter((event) => event.first === first);
    expect(own.map((event) => (event.kind === "row" ? event.row : event.kind))).toEqual([
      ...Array.from({ length: config.size.rows }, (_, row) => row),
      "pictures",
    ]);
    expect(own.every(({ count }) => count === 32)).toBe(true);
  }
  expect(events.length).toBe(2 * (config.size.rows + 1));
});

test("no worker is started for little work", async () => {
  const tiny = TINY_NETWORKS[0]!.config;
  const small = buildNetwork(tiny, 1);
  // Starts of workers fail.
  const sampler = samplerOf(small, randomWeights(small.declarations, 1), { workers: 8 });
  expect((await draw(sampler, small, { seed: 1, count: 100 })).nats.every((nats) => nats > 0)).toBe(true);
});

/** Much more than is drawn at one go. */
const LONG = { ...request, count: 1024 };
const LONG_ROWS = (LONG.count / 32) * config.size.rows;

/** Takes events until `stop` after the first row; what came before that and what the stream ended with. */
async function takeUntil(sampler: StepSampler, stop: () => void, signal: AbortSignal) {
  let rows = 0;
  try {
    for await (const event of streamOf(sampler, network, { ...LONG, signal })) {
      if (event.kind === "row" && rows++ === 0) stop();
    }
  } catch (reason) {
    return { rows, reason };
  }
  return { rows, reason: undefined };
}

describe.each([
  { where: "in this thread", sampler: here },
  { where: "in workers", sampler: beside },
])("a stream $where", ({ sampler }) => {
  test("ends with the reason for which its signal is aborted, and the next one is whole", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const { rows, reason: received } = await takeUntil(
      sampler,
      () => controller.abort(reason),
      controller.signal,
    );
    expect(received).toBe(reason);
    expect(rows).toBeLessThan(LONG_ROWS / 2);
    await expectReference(await draw(sampler, network, request));
  });

  test("does not begin if its signal is aborted before", async () => {
    const reason = new Error("before");
    const before = started();
    const { rows, reason: received } = await takeUntil(sampler, () => undefined, AbortSignal.abort(reason));
    expect(received).toBe(reason);
    expect(rows).toBe(0);
    expect(started()).toBe(before);
  });

  test("can be left early, and the next one is whole", async () => {
    for await (const event of streamOf(sampler, network, LONG)) {
      expect(event.kind).toBe("row");
      break;
    }
    await expectReference(await draw(sampler, network, request));
  });

  test("is refused while there is another, which goes on", async () => {
    const first = streamOf(sampler, network, request);
    expect((await first.next()).value).toMatchObject({ kind: "row", row: 0 });
    await expect(streamOf(sampler, network, request).next()).rejects.toMatchObject({
      code: "ARGUMENT",
      message: 'expected one stream at a time for a sampler, received "a second one"',
    });
    let events = 1;
    for await (const event of first) events += event.count === 32 ? 1 : 0;
    expect(events).toBe(2 * (config.size.rows + 1));
  });
});

describe.each([
  { where: "this thread", workers: 1 },
  { where: "workers", workers: 2 },
])("a sampler that draws in $where and is closed", ({ workers }) => {
  const open = () => samplerOf(network, weights, { workers, startWorker: startNodeWorker });
  const closed = expect.objectContaining({ code: "INTERRUPTED", message: expect.stringMatching(/closed/) });

  test.each([1, 2, 5])("ends the stream of which %i events were taken, with an error", async (taken) => {
    const sampler = open();
    let seen = 0;
    const takeAll = async () => {
      for await (const _ of streamOf(sampler, network, LONG)) if (++seen === taken) sampler.close();
    };
    await expect(takeAll()).rejects.toEqual(closed);
    expect(seen).toBeLessThan(LONG_ROWS / 2);
  });

  test("ends a stream that somebody waits for, and begins none", async () => {
    const sampler = open();
    const stream = streamOf(sampler, network, LONG);
    const waiting = stream.next();
    sampler.close();
    await expect(waiting).rejects.toEqual(closed);
    expect(await stream.next()).toEqual({ value: undefined, done: true });
    await expect(streamOf(sampler, network, request).next()).rejects.toEqual(closed);
    sampler.close();
  });
});

test("an aborted stream ends its workers, and the next one starts others", async () => {
  const counting = countingStart();
  const sampler = samplerOf(network, weights, { workers: 2, startWorker: counting.start });
  const controller = new AbortController();
  await takeUntil(sampler, () => controller.abort(), controller.signal);
  expect(counting.started()).toBe(2);
  await expectReference(await draw(sampler, network, request));
  expect(counting.started()).toBe(4);
  sampler.close();
});

test("a stream ends with what a worker fails with, and the next one is whole", async () => {
  const failure = new Error("out of memory");
  let starts = 0;
  const startWorker: StartWorker = (onMessage, onError) => {
    if (starts++ > 0) return startNodeWorker(onMessage, onError);
    return {
      post: (message) => void ("job" in message && queueMicrotask(() => onMessage({ failed: failure }))),
      terminate: () => undefined,
    };
  };
  const sampler = samplerOf(network, weights, { workers: 2, startWorker });
  await expect(draw(sampler, network, request)).rejects.toBe(failure);
  await expectReference(await draw(sampler, network, request));
  sampler.close();
});
