import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  defineLikelihood,
  defineModel,
  language as g,
  nn,
  type NetworkContext,
  type Scope,
} from "../../src/definitions.ts";
import type { Node } from "../../src/graph/node.ts";
import { modelNamesOf } from "../../src/models/by-name.ts";
import { ImageModel } from "../../src/tasks/image-model.ts";
import { train } from "../../src/train/train.ts";

function twoLayers(
  scope: Scope,
  x: Node,
  { width }: { width: number },
  { groups, outputs, classes }: NetworkContext,
) {
  const first = nn.causalConv(scope.at("first"), x, { outputs: width, kernel: 5, mask: "A", groups });
  const biased = nn.classBias(scope.at("class"), first, classes);
  return nn.causalConv(scope.at("logits"), g.relu(biased), { outputs, kernel: 1, mask: "B", groups });
}
const two = defineModel({ name: "two-layers", defaults: { width: 6 }, network: twoLayers });

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "nextpixel-own-"))));
afterAll(() => rm(folder, { recursive: true }));
const settings = { dataset: "digits", steps: 12, batch: 8, lr: 0.01, threads: 1 } as const;

describe("a network of one's own", () => {
  test("trains, draws, completes and scores like ours", async () => {
    const out = join(folder, "two");
    const trained = await train({
      ...settings,
      out,
      model: two,
      sizes: { width: 5 },
      classConditional: true,
    });
    expect(trained.valid["bitsPerDim"]).toBeLessThan(Math.log2(17) + 0.1);
    const model = await ImageModel.load(out);
    const drawn = await model.sample({ count: 3, seed: 1, workers: 1 });
    expect(drawn.pictures.length).toBe(3 * 64);
    const completed = await model.complete("digits:test", { limit: 2, workers: 1 });
    expect(completed.count).toBe(2);
    const { nllNats, likelihood } = await model.score("digits:test", { limit: 20 });
    expect(likelihood).toBe("exact");
    expect(nllNats).toBeLessThan(64 * Math.log(17) + 5);
  });

  test("is refused if a pixel sees itself, before anything is written", async () => {
    const peeking = defineModel({
      name: "peeking",
      defaults: { width: 4 },
      network: (scope, x, { width }, { groups, outputs }) =>
        nn.causalConv(
          scope.at("logits"),
          nn.causalConv(scope.at("first"), x, { outputs: width, kernel: 3, mask: "B", groups }),
          {
            outputs,
            kernel: 1,
            mask: "B",
            groups,
          },
        ),
    });
    const out = join(folder, "peeking");
    await expect(train({ ...settings, out, model: peeking })).rejects.toMatchObject({
      code: "CAUSALITY",
      message: expect.stringContaining("first"),
    });
    await expect(ImageModel.load(out)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("whose code fails is named", async () => {
    const broken = defineModel({
      name: "broken",
      defaults: { width: 4 },
      network: () => (undefined as unknown as { shape: Node }).shape,
    });
    await expect(train({ ...settings, out: join(folder, "broken"), model: broken })).rejects.toMatchObject({
      code: "ARGUMENT",
      message: expect.stringMatching(
        /^the network of broken cannot be built: Cannot read properties of undefined/,
      ),
    });
  });

  test("with logits of another shape is told the right one", async () => {
    const short = defineModel({ name: "short", defaults: { width: 4 }, network: (_, x) => g.shift(x, 0, 1) });
    await expect(train({ ...settings, out: join(folder, "short"), model: short })).rejects.toMatchObject({
      code: "SHAPE",
      message: "expected [1, 17, 8, 8] for the logits of the network, received [1, 1, 8, 8]",
    });
  });
});

describe("defineModel refuses", () => {
  const definition = { name: "two-layers", defaults: { width: 6 }, network: twoLayers };
  test.each([
    ["a name that is taken", definition],
    ["a name of ours", { ...definition, name: "pixelcnn" }],
    ["a name that could be a file's", { ...definition, name: "./mine.js" }],
    ["no name", { ...definition, name: "" }],
    ["a size that is no whole number", { ...definition, name: "half", defaults: { width: 0.5 } }],
    ["a preset with such a size", { ...definition, name: "half", presets: { big: { width: -1 } } }],
    ["no network", { ...definition, name: "none", network: undefined as never }],
  ])("%s", (_, given) => {
    expect(() => defineModel(given)).toThrow(expect.objectContaining({ code: "ARGUMENT" }));
  });
});

test("a likelihood of one's own trains, draws and scores", async () => {
  // Two levels, by a logit that is squeezed: p(1) = 0.01 + 0.98 sigmoid(logit).
  const squeezed = (logit: number) => 0.01 + 0.98 / (1 + Math.exp(-logit));
  defineLikelihood("squeezed-bernoulli", () => ({
    logits: (channels) => channels,
    groups: (channels) => channels,
    nats(logits, pictures) {
      const one = g.add(g.mul(g.sigmoid(logits), 0.98), 0.01);
      return g.neg(g.log(g.where(pictures, one, g.sub(1, one))));
    },
    masses: (logits, temperature) => {
      const one = squeezed(logits[0]! / temperature);
      return [1 - one, one];
    },
  }));
  const out = join(folder, "squeezed");
  await train({ ...settings, out, model: two, levels: 2, likelihood: "squeezed-bernoulli" });
  const model = await ImageModel.load(out);
  const { pictures, nats } = await model.sample({ count: 2, workers: 2 });
  expect(new Set(pictures)).toEqual(new Set([0, 1]));
  for (const value of nats!) expect(value).toBeLessThan(64 * -Math.log(0.01));
  expect((await model.score("digits:test", { limit: 20 })).bitsPerDim).toBeLessThan(1.2);
});

test.each(modelNamesOf("autoregressive"))(
  "users can write %s: it takes from nn/ what the package exports",
  async (name) => {
    const source = await readFile(new URL(`../../src/models/${name}.ts`, import.meta.url), "utf8");
    const imports = [...source.matchAll(/^import \{([^}]*)\} from "\.\.\/nn\//gms)].flatMap(([, names]) =>
      names!.split(","),
    );
    const values = imports.map((one) => one.trim()).filter((one) => one !== "");
    expect(values.length).toBeGreaterThan(0);
    for (const value of values) expect(Object.keys(nn)).toContain(value);
  },
);
