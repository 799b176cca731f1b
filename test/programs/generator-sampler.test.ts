import { expect, test } from "vitest";
import { add, conv, input, reshape, tanh } from "../../src/graph/language.ts";
import { likelihoodByName } from "../../src/likelihood/by-name.ts";
import { fanInUniform } from "../../src/nn/initialisers.ts";
import { Scope } from "../../src/nn/scope.ts";
import { collect } from "../../src/programs/drawn-pictures.ts";
import { openForward } from "../../src/programs/forward.ts";
import { openGeneratorSampler, type GeneratorGraph } from "../../src/programs/generator-sampler.ts";
import type { NetworkConfig } from "../../src/programs/network.ts";
import { openLevelDrawer } from "../../src/programs/picture-output.ts";
import { initialParameters } from "../../src/programs/parameters.ts";
import { cores, startNodeWorker } from "../../src/runtime/workers/node.ts";

const place = { cores, startWorker: startNodeWorker, openForward };
const LEVELS = 4;
const size = { channels: 3, rows: 3, cols: 4 };
const classes = ["a", "b", "c"].map((name) => ({ name, pictures: 1 }));
const config: NetworkConfig = { model: "tiny", modelConfig: {}, levels: LEVELS, size, classes };

const LIKELIHOODS = ["categorical", "logistic-mixture", undefined] as const;

/** One layer: from three random numbers and the class to a picture. */
const graphOf =
  (name: string | undefined) =>
  ({ size: { channels, rows, cols } }: NetworkConfig, batch: number): GeneratorGraph => {
    const scope = Scope.root();
    const z = scope.noise("z", [batch, 3, 1, 1], "normal");
    const known = input("classes", [batch, 3, 1, 1]);
    const likelihood = name === undefined ? undefined : likelihoodByName(name, LEVELS);
    const outputs = likelihood?.logits(channels) ?? channels;
    const layer = (from: typeof z, to: string) =>
      conv(from, scope.parameter(to, [outputs * rows * cols, 3, 1, 1], fanInUniform(0.05)));
    const node = reshape(add(layer(z, "z to picture"), layer(known, "class to picture")), [
      batch,
      outputs,
      rows,
      cols,
    ]);
    return {
      parts: [{ name: "network", declarations: scope.declarations }],
      classes: known,
      noise: scope.noiseInputs,
      output: likelihood ? { kind: "logits", node, likelihood } : { kind: "values", node: tanh(node) },
    };
  };

function open(name: string | undefined, options = {}) {
  const trace = graphOf(name);
  const network = initialParameters(trace(config, 1).parts[0]!.declarations, 3);
  return openGeneratorSampler(trace, { config, weights: { network } }, options, place);
}

async function toTheEnd(stream: ReturnType<ReturnType<typeof open>["stream"]>): Promise<void> {
  for await (const event of stream) expect(event.kind).toBeDefined();
}

test.each(LIKELIHOODS)(
  "picture k of a seed is the same in every batch and number of threads (%s)",
  async (name) => {
    const sampler = open(name, { workers: 1 });
    const { pictures, nats } = await collect(sampler, { count: 70, seed: 5 });
    expect(nats).toBeUndefined();
    expect(Math.max(...pictures)).toBeLessThan(LEVELS);
    expect(new Set(pictures).size).toBe(LEVELS);
    const other = open(name, { workers: 2 });
    for (const [first, count] of [
      [0, 1],
      [31, 2],
      [40, 30],
      [69, 1],
    ] as const) {
      const some = await collect(other, { count, seed: 5, first });
      expect(some.pictures).toEqual(pictures.slice(first * 36, (first + count) * 36));
    }
    expect((await collect(other, { count: 70, seed: 6 })).pictures).not.toEqual(pictures);
    sampler.close();
    other.close();
  },
);

test.each(LIKELIHOODS)("many pictures are drawn by several threads, and are the same (%s)", async (name) => {
  const [one, two] = [open(name, { workers: 1 }), open(name, { workers: 2 })];
  const { pictures } = await collect(one, { count: 290, seed: 5 });
  // A stream that is left early leaves the threads at work.
  const left = two.stream({ count: 290, seed: 6 });
  await left.next();
  await left.return();
  expect((await collect(two, { count: 280, seed: 5, first: 10 })).pictures).toEqual(pictures.slice(10 * 36));
  one.close();
  two.close();
});

test("a sampler that is closed while its threads draw ends the stream", async () => {
  const sampler = open(undefined, { workers: 2 });
  const stream = sampler.stream({ count: 1000 });
  await stream.next();
  sampler.close();
  await expect(toTheEnd(stream)).rejects.toMatchObject({ code: "INTERRUPTED" });
});

test.each(["bernoulli", "categorical", "logistic-mixture"] as const)(
  "levels are drawn as a likelihood's masses say (%s)",
  async (name) => {
    const levels = name === "bernoulli" ? 2 : LEVELS;
    const likelihood = likelihoodByName(name, levels);
    const [own, pixels] = [likelihood.logits(3), 12];
    const logits = Float32Array.from({ length: own * pixels }, (_, i) => 2 * Math.sin(7 * i));
    const output = { kind: "logits", node: input("logits", [1, own, 3, 4]), likelihood } as const;
    // Without its kernel, a likelihood draws by its masses, in double precision.
    const { kernel: _, ...byMasses } = likelihood;
    const draw = await openLevelDrawer(output, size, levels);
    const reference = await openLevelDrawer({ ...output, likelihood: byMasses }, size, levels);
    for (let picture = 0; picture < 50; picture++) {
      const options = { seed: 3, temperature: 0.7, pictureOf: () => picture };
      expect(draw(logits, options)).toEqual(reference(logits, options));
    }
  },
);

test("classes are drawn in turn", async () => {
  const sampler = open(undefined);
  const inTurn = (await collect(sampler, { count: 6 })).pictures;
  const bOnly = (await collect(sampler, { count: 6, classes: ["b"] })).pictures;
  const picture = (pictures: Uint8Array, k: number) => pictures.slice(k * 36, (k + 1) * 36);
  for (const k of [1, 4]) expect(picture(bOnly, k)).toEqual(picture(inTurn, k));
  for (const k of [0, 2, 3, 5]) expect(picture(bOnly, k)).not.toEqual(picture(inTurn, k));
  sampler.close();
});

test("at the least temperature all pictures of a class are alike", async () => {
  const sampler = open("categorical");
  const { pictures } = await collect(sampler, { count: 20, temperature: 1e-6, classes: [1] });
  for (let k = 1; k < 20; k++) expect(pictures.slice(k * 36, (k + 1) * 36)).toEqual(pictures.slice(0, 36));
  sampler.close();
});

test("what it cannot do is refused", async () => {
  const sampler = open("categorical");
  const given = { levels: new Uint8Array(36), isGiven: new Uint8Array(12) };
  expect(() => sampler.stream({ count: 1, given })).toThrow("expected a model that draws pixel by pixel");
  expect(() => sampler.stream({ count: 1, classes: ["d"] })).toThrow("expected one of a, b, c");
  expect(() => sampler.stream({ count: 0 })).toThrow("the number of pictures");
  expect(() => open("categorical", { size: { rows: 4, cols: 4 } })).toThrow(
    "expected 4x3, the size that tiny was trained on",
  );
  expect(() =>
    openGeneratorSampler(
      graphOf(undefined),
      { config, weights: {} },
      {},
      { cores, startWorker: startNodeWorker },
    ),
  ).toThrow("expected a model that draws pixel by pixel for a browser");
  const stopped = sampler.stream({ count: 100, signal: AbortSignal.abort(new Error("enough")) });
  await expect(stopped.next()).rejects.toThrow("enough");
  const stream = sampler.stream({ count: 100 });
  await stream.next();
  sampler.close();
  await expect(toTheEnd(stream)).rejects.toMatchObject({ code: "INTERRUPTED" });
});
