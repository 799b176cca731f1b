import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSampler } from "../../src/browser.ts";
import { pictureLength } from "../../src/data/dataset.ts";
import { quantise } from "../../src/data/quantise.ts";
import { capability } from "../../src/families/by-name.ts";
import { NETWORK, type NetworkConfig } from "../../src/programs/network.ts";
import { initialParameters } from "../../src/programs/parameters.ts";
import { openNetworkSampler, type StreamOptions } from "../../src/programs/sampler.ts";
import { traceStages } from "../../src/programs/stages.ts";
import { encodeCheckpoint } from "../../src/run/checkpoint.ts";
import { toWeights } from "../../src/run/training-state.ts";
import type { StartWorker } from "../../src/runtime/step/worker.ts";
import { cores, startNodeWorker } from "../../src/runtime/workers/node.ts";
import { collect } from "../../src/programs/drawn-pictures.ts";
import { launchChromium } from "./chromium.ts";
import {
  closeInPage,
  drawInPage,
  pageOf,
  SAMPLING_PAGE,
  type Digests,
  type PageRequest,
} from "./sampling-page.ts";
import { PACKAGE, serve, type PageServer } from "./serve.ts";

const CONFIGS: Readonly<Record<string, NetworkConfig>> = {
  colour: {
    model: "pixelcnn",
    modelConfig: { width: 12, depth: 2, head: 24 },
    likelihood: "categorical",
    levels: 7,
    size: { channels: 3, rows: 6, cols: 9 },
  },
  // Work enough for two workers: 64 pictures take more than 10^9 multiply-adds.
  binary: {
    model: "pixelcnn",
    modelConfig: { width: 32, depth: 7, head: 64 },
    likelihood: "bernoulli",
    levels: 2,
    size: { channels: 1, rows: 18, cols: 16 },
  },
  mixture: {
    model: "pixelcnn-pp",
    modelConfig: { width: 6, layers: 1, resolutions: 3 },
    likelihood: "logistic-mixture",
    levels: 7,
    size: { channels: 3, rows: 4, cols: 8 },
  },
};
const DIGITS: NetworkConfig = {
  ...CONFIGS["colour"]!,
  levels: 17,
  size: { channels: 1, rows: 8, cols: 8 },
};
const COUNT = 64;
const REQUEST = { count: COUNT, seed: 5, temperature: 0.9 };

/** Weights of which every picture is another, by the parts of a model. */
function strongModel(config: NetworkConfig) {
  const { parts } = traceStages(config, 1);
  const weights = Object.fromEntries(
    parts.map(({ name, declarations }) => [
      name,
      initialParameters(declarations, 3).map((weight) => 1.5 * weight),
    ]),
  );
  return { config, weights, checkpoint: encodeCheckpoint(toWeights(0, weights, parts)) };
}

/** The same of a model of one network. */
function strongNetwork(run: string, config: NetworkConfig) {
  const model = strongModel(config);
  return { run, ...model, weights: model.weights[NETWORK]! };
}

const digits = strongNetwork("digits", DIGITS);
const models = Object.entries(CONFIGS).map(([run, config]) => strongNetwork(run, config));

/** Models that know something in advance, and what they are told. */
const FIELD = { width: 6, depth: 1 };
const FIELD_COUNT = 3;
const SQUARE = { ...DIGITS, levels: 5 };
const someLevels = (count: number) =>
  Uint8Array.from({ length: count * pictureLength(SQUARE.size) }, (_, i) => (i * i) % SQUARE.levels);
const withFields: readonly {
  run: string;
  told: Partial<StreamOptions>;
  model: ReturnType<typeof strongModel>;
}[] = [
  {
    run: "complete-any",
    told: {
      given: {
        levels: someLevels(FIELD_COUNT),
        isGiven: Uint8Array.from({ length: 64 }, (_, i) => (i >= 40 ? 1 : 0)),
      },
    },
    model: strongModel({ ...SQUARE, field: { kind: "known", ...FIELD } }),
  },
  {
    run: "condition",
    told: { field: someLevels(FIELD_COUNT) },
    model: strongModel({ ...SQUARE, field: { kind: "picture", channels: 1, ...FIELD } }),
  },
  {
    run: "coarse-to-fine",
    told: {},
    model: strongModel({ ...SQUARE, field: { kind: "coarse", halvings: 2, reads: "differences", ...FIELD } }),
  },
];

const sha256 = (values: Uint8Array | Float64Array) => createHash("sha256").update(values).digest("hex");
const digestsOf = (pictures: Uint8Array, nats: Float64Array): Digests => ({
  pictures: sha256(pictures),
  nats: sha256(nats),
});

/** Of a machine at work, to start Chromium for the first time. */
const MINUTE = 60_000;

let server: PageServer;
let browser: Browser | undefined;
beforeAll(async () => {
  const readme = await readFile(join(import.meta.dirname, "../../README.md"), "utf8");
  const [example] = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].flatMap(([, code]) =>
    code!.includes("dist/browser.js") ? [code!] : [],
  );
  const ofFields = withFields.map(({ run, model }) => ({ run, ...model }));
  const files = [digits, ...models, ...ofFields].flatMap(
    ({ run, config, checkpoint }): [string, Uint8Array | string][] => [
      [`/runs/${run}/config.json`, JSON.stringify({ format: 2, family: "autoregressive", network: config })],
      [`/runs/${run}/checkpoints/best.safetensors`, checkpoint],
    ],
  );
  server = await serve({
    "/sampling.html": SAMPLING_PAGE,
    "/readme.html": pageOf(`${example}\nglobalThis.isDone = true;`),
    ...Object.fromEntries(files),
  });
  browser = await launchChromium();
}, MINUTE);
afterAll(async () => {
  await browser?.close();
  server.close();
});

/** What a page does in a new window; it must meet no error, and ask for nothing that is not there. */
async function inPage<T>(
  path: string,
  work: (page: Page) => Promise<T>,
): Promise<{ result: T; requests: string[] }> {
  const page = await browser!.newPage();
  const requests: string[] = [];
  const failures: string[] = [];
  page.on("response", (response) => {
    const { pathname, origin } = new URL(response.url());
    if (origin === server.origin) requests.push(pathname);
    if (!response.ok()) failures.push(`${response.status()} ${response.url()}`);
  });
  page.on("requestfailed", (request) => failures.push(`failed: ${request.url()}`));
  page.on("pageerror", (error) => failures.push(error.message));
  page.on("console", (message) => message.type() === "error" && failures.push(message.text()));
  try {
    await page.goto(`${server.origin}${path}`);
    return { result: await work(page), requests };
  } finally {
    await page.close();
    // Says more than what follows from it.
    expect(failures).toEqual([]);
  }
}

/** Draws in one window, with one sampler after another. */
async function drawnInChromium(requests: readonly PageRequest[]) {
  let workers = 0;
  const { result } = await inPage("/sampling.html", async (page) => {
    page.on("worker", () => void workers++);
    const all: Digests[] = [];
    for (const request of requests) all.push(await page.evaluate(drawInPage, request));
    return all;
  });
  return { digests: result, workers };
}

test("the README's example draws the picture of its seed, without a bundler", async () => {
  const { rows, cols } = DIGITS.size;
  const { result, requests } = await inPage("/readme.html", async (page) => {
    await page.waitForFunction("globalThis.isDone", undefined, { timeout: 10_000 });
    const read = `document.querySelector("canvas").getContext("2d").getImageData(0, 0, ${cols}, ${rows})`;
    return (await page.evaluate(`Array.from(${read}.data)`)) as number[];
  });
  const sampler = openNetworkSampler(digits, {}, { cores, startWorker: startNodeWorker });
  const { pictures } = await collect(sampler, { count: 1, seed: 7 });
  sampler.close();
  const red = Uint8Array.from(pictures, (_, i) => result[4 * i]!);
  expect(quantise(red, DIGITS.levels)).toEqual(pictures);
  expect(requests).toContain(`${PACKAGE}runtime/step/kernels-module.js`);
});

describe.each(models)("pictures of the $run network", ({ run, config, weights }) => {
  const length = pictureLength(config.size);
  const threads = run === "binary" ? 2 : 0;
  let pictures: Uint8Array;
  let nats: Float64Array;

  /** Drawn in Node, with the workers that were started for it. */
  async function drawnInNode(workers: number, request: { count: number; first?: number }) {
    let started = 0;
    const startWorker: StartWorker = (...listeners) => {
      started++;
      return startNodeWorker(...listeners);
    };
    const sampler = openNetworkSampler({ config, weights }, { workers }, { cores, startWorker });
    try {
      return { ...(await collect(sampler, { ...REQUEST, ...request })), started };
    } finally {
      sampler.close();
    }
  }

  const ofPicture = (k: number) =>
    digestsOf(pictures.subarray(k * length, (k + 1) * length), nats.subarray(k, k + 1));

  beforeAll(async () => {
    const drawn = await drawnInNode(1, { count: COUNT });
    [pictures, nats] = [drawn.pictures, drawn.nats!];
  });

  test("are not all alike, so that equal ones say something", () => {
    expect(new Set(Array.from({ length: COUNT }, (_, k) => ofPicture(k).pictures)).size).toBe(COUNT);
    expect(new Set(pictures).size).toBe(config.levels);
  });

  test("are the same in Node with two workers", async () => {
    const two = await drawnInNode(2, { count: COUNT });
    expect(two.started).toBe(threads);
    expect(digestsOf(two.pictures, two.nats!)).toEqual(digestsOf(pictures, nats));
  });

  test.each([1, 2])("are the same in Chromium with %i at work", async (workers) => {
    const found = await drawnInChromium([{ run, workers, ...REQUEST }]);
    expect(found).toEqual({ digests: [digestsOf(pictures, nats)], workers: workers === 1 ? 0 : threads });
  });

  test("are the same alone, in Node and in Chromium", async () => {
    const picks = [0, 37, 63];
    const wanted = picks.map(ofPicture);
    const inNode: Digests[] = [];
    for (const first of picks) {
      const alone = await drawnInNode(1, { count: 1, first });
      inNode.push(digestsOf(alone.pictures, alone.nats!));
    }
    expect(inNode).toEqual(wanted);
    const requests = picks.map((first) => ({ run, workers: 1, ...REQUEST, count: 1, first }));
    expect((await drawnInChromium(requests)).digests).toEqual(wanted);
  });

  test.each([1, 2])("are not drawn on in Chromium by %i at work if the sampler is closed", async (atWork) => {
    const request = { run, workers: atWork, ...REQUEST, count: 1024 };
    const { result } = await inPage("/sampling.html", (page) => page.evaluate(closeInPage, request));
    expect(result).toBe("INTERRUPTED");
  });

  test("are the same in Chromium after a stream that was left early", async () => {
    const found = await drawnInChromium([{ run, workers: 2, ...REQUEST, leaveAfter: 2 }]);
    // Leaving ends the workers at work.
    expect(found).toEqual({ digests: [digestsOf(pictures, nats)], workers: 2 * threads });
  });
});

test.each(withFields)(
  "pictures of a $run model are the same in Node and in Chromium",
  async ({ run, told, model }) => {
    const sampler = capability(model.config, "sample")(
      model,
      { workers: 1 },
      { cores, startWorker: startNodeWorker },
    );
    const request = { ...REQUEST, count: FIELD_COUNT, ...told };
    const drawn = await collect(sampler, request);
    sampler.close();
    const { digests } = await drawnInChromium([{ run, workers: 1, ...request }]);
    expect(digests).toEqual([digestsOf(drawn.pictures, drawn.nats!)]);
  },
);

describe("openSampler", () => {
  const { config, checkpoint } = models[0]!;
  const open = (network: unknown, bytes: ArrayBuffer | Uint8Array) => () =>
    openSampler({ network: network as NetworkConfig }, bytes, { workers: 1 });

  test("takes the bytes of a checkpoint as either kind of array", () => {
    expect(open(config, checkpoint)().size).toEqual(config.size);
    expect(open(config, Uint8Array.from(checkpoint).buffer)().size).toEqual(config.size);
  });

  test.each([
    ["no configuration", undefined, checkpoint, "FORMAT", "config.json"],
    ["an unknown model", { ...config, model: "pixelrnn" }, checkpoint, "NOT_FOUND", "pixelrnn"],
    ["another network's checkpoint", models[1]!.config, checkpoint, "FORMAT", "average.first.weight"],
    ["half a checkpoint", config, checkpoint.subarray(0, 5_000), "FORMAT", "the checkpoint"],
  ])("given %s, says so", (_, network, bytes, code, text) => {
    expect(open(network, bytes)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    );
  });
});
