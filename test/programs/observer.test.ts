import { describe, expect, test } from "vitest";
import { openNetworkObserver, type Observer, type ObserveOptions } from "../../src/programs/observer.ts";
import { buildNetwork, type NetworkConfig } from "../../src/programs/network.ts";
import { collect } from "../../src/programs/drawn-pictures.ts";
import { initialParameters } from "../../src/programs/parameters.ts";
import { openNetworkSampler } from "../../src/programs/sampler.ts";
import { placeRow } from "../../src/runtime/step/sampler.ts";
import { cores, startNodeWorker } from "../../src/runtime/workers/node.ts";

const CONFIGS: Readonly<Record<string, NetworkConfig>> = {
  categorical: {
    model: "pixelcnn",
    modelConfig: { width: 6, depth: 2, head: 12 },
    likelihood: "categorical",
    levels: 5,
    size: { channels: 3, rows: 5, cols: 6 },
    classes: [
      { name: "a", pictures: 1 },
      { name: "b", pictures: 1 },
    ],
  },
  bernoulli: {
    model: "gated-pixelcnn",
    modelConfig: { width: 6, depth: 2, head: 12 },
    likelihood: "bernoulli",
    levels: 2,
    size: { channels: 1, rows: 7, cols: 7 },
  },
  mixture: {
    model: "pixelcnn-pp",
    modelConfig: { width: 6, layers: 1, resolutions: 2 },
    likelihood: "logistic-mixture",
    levels: 7,
    size: { channels: 3, rows: 4, cols: 4 },
  },
};

/** Rows as a whole picture. */
async function observed(observer: Observer, options: ObserveOptions) {
  const { channels, rows, cols } = observer.size;
  const levels = new Uint8Array(channels * rows * cols);
  const nats = new Float32Array(levels.length);
  const probabilities: Float32Array[] = [];
  for await (const row of observer.observe(options)) {
    placeRow(levels, observer.size, { first: 0, count: 1, row: row.row, levels: row.levels });
    for (let c = 0; c < channels; c++) {
      nats.set(row.nats.subarray(c * cols, (c + 1) * cols), (c * rows + row.row) * cols);
    }
    probabilities.push(row.probabilities);
  }
  return { levels, nats, probabilities };
}

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

describe.each(Object.entries(CONFIGS))("a network with the likelihood %s", (_, config) => {
  const { declarations } = buildNetwork(config, 1);
  const weights = initialParameters(declarations, 3).map((weight) => 1.5 * weight);
  const observer = openNetworkObserver({ config, weights });
  const { rows, cols } = config.size;
  const whole = (levels: Uint8Array) => ({ levels, isGiven: new Uint8Array(rows * cols).fill(1) });

  test.each([1, 0.7])("draws what the sampler draws, at temperature %d", async (temperature) => {
    const sampler = openNetworkSampler({ config, weights }, {}, { cores, startWorker: startNodeWorker });
    const drawn = await collect(sampler, { count: 4, seed: 5, temperature });
    sampler.close();
    const { levels, nats } = await observed(observer, { seed: 5, picture: 3, temperature });
    expect(levels).toEqual(drawn.pictures.subarray(3 * levels.length));
    expect(sum(nats)).toBeCloseTo(drawn.nats![3]!, 3);
  });

  test("tells the distribution that levels were drawn from", async () => {
    const { levels, nats, probabilities } = await observed(observer, { seed: 1 });
    probabilities.forEach((ofRow, row) => {
      for (let at = 0; at < ofRow.length / config.levels; at++) {
        const [channel, col] = [Math.floor(at / cols), at % cols];
        const own = ofRow.subarray(at * config.levels, (at + 1) * config.levels);
        const place = (channel * rows + row) * cols + col;
        expect(sum(own)).toBeCloseTo(1, 5);
        expect(-Math.log(own[levels[place]!]!)).toBeCloseTo(nats[place]!, 4);
      }
    });
  });

  test("reads a picture that it has drawn with the same distributions", async () => {
    const drawn = await observed(observer, { seed: 2 });
    expect(await observed(observer, { given: whole(drawn.levels) })).toEqual(drawn);
  });

  test("predicts a pixel from those that it sees, and from no others", async () => {
    const { levels, probabilities } = await observed(observer, { seed: 3 });
    const [row, col] = [2, 1];
    const seen = observer.seen({ row, col });
    const changed: number[] = [];
    for (let pixel = 0; pixel < rows * cols; pixel++) {
      if (pixel === row * cols + col) continue;
      const other = levels.slice();
      // All colours: the first one alone would not reach every prediction.
      for (let c = 0; c < config.size.channels; c++) {
        const place = c * rows * cols + pixel;
        other[place] = (other[place]! + 1) % config.levels;
      }
      const found = await observed(observer, { given: whole(other) });
      const at = (one: Float32Array) =>
        Array.from({ length: config.size.channels }, (_, c) => [
          ...one.subarray((c * cols + col) * config.levels, (c * cols + col + 1) * config.levels),
        ]);
      if (String(at(found.probabilities[row]!)) !== String(at(probabilities[row]!))) changed.push(pixel);
    }
    expect(changed.length).toBeGreaterThan(2);
    expect([...seen.keys()].filter((pixel) => seen[pixel] === 1)).toEqual(changed);
  });
});

test("an observation ends when it is aborted", async () => {
  const config = CONFIGS["bernoulli"]!;
  const weights = initialParameters(buildNetwork(config, 1).declarations, 3);
  const stop = new AbortController();
  const rows = openNetworkObserver({ config, weights }).observe({ signal: stop.signal });
  await rows.next();
  stop.abort(new Error("enough"));
  await expect(rows.next()).rejects.toThrow("enough");
});

test("a pixel that the picture does not have is refused", () => {
  const config = CONFIGS["bernoulli"]!;
  const weights = initialParameters(buildNetwork(config, 1).declarations, 3);
  const observer = openNetworkObserver({ config, weights });
  expect(() => observer.seen({ row: 7, col: 0 })).toThrow(/the row, received 7/);
  expect(() => observer.seen({ row: 0, col: -1 })).toThrow(/the column, received -1/);
});

test("pictures with too many probabilities are refused", () => {
  const config = { ...CONFIGS["categorical"]!, levels: 256, size: { channels: 3, rows: 512, cols: 512 } };
  expect(() => openNetworkObserver({ config, weights: new Float32Array() })).toThrow(/at most 67108864 prob/);
});
