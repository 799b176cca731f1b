import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oneHot } from "../../src/data/classes.ts";
import { capability, familyOf } from "../../src/families/by-name.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import type { NoiseInput } from "../../src/nn/noise-input.ts";
import { openForward } from "../../src/programs/forward.ts";
import type { NetworkConfig } from "../../src/programs/network.ts";
import { noiseOf } from "../../src/programs/noise.ts";
import { initialParameters } from "../../src/programs/parameters.ts";
import { loadSavedModel, type SavedModel } from "../../src/run/saved-model.ts";
import { loadRuntime } from "../../src/runtime/ort.ts";
import { exportOnnx, type ExportOptions } from "../../src/tasks/export.ts";
import { ImageModel } from "../../src/tasks/image-model.ts";
import { runHere } from "../cli/run-here.ts";
import { jsonOf } from "../cli/run-cli.ts";
import { TINY_NETWORKS } from "../programs/tiny.ts";

const RUN = join(import.meta.dirname, "../fixtures/run-of-format-1");
const EXAMPLE = join(import.meta.dirname, "../../examples/onnx.py");

const size = { channels: 1, rows: 8, cols: 8 };
const two = [0, 1].map((k) => ({ name: `class ${k}`, pictures: 1 }));
const OF_OTHER_FAMILIES: Record<string, NetworkConfig> = {
  vae: {
    model: "vae",
    modelConfig: { width: 2, latents: 3 },
    likelihood: "categorical",
    levels: 4,
    size,
    classes: two,
  },
  "ladder-vae": {
    model: "ladder-vae",
    modelConfig: { width: 2, latents: 1, resolutions: 2 },
    likelihood: "logistic-mixture",
    levels: 4,
    size,
  },
  gan: { model: "gan", modelConfig: { width: 2, latents: 3 }, levels: 4, size, classes: two },
};

/** A model with its first weights, as if a run held it. */
function saved(config: NetworkConfig): SavedModel {
  const { parts } = familyOf(config).evaluation(config, 1);
  const weights = parts.map(({ name, declarations }) => [name, initialParameters(declarations, 3)] as const);
  return { config, weights: Object.fromEntries(weights), data: {} as SavedModel["data"], step: 1 };
}

/** What plain ONNX Runtime computes of an exported model. */
async function run(
  model: SavedModel,
  count: number,
  options: ExportOptions & { readonly noise?: readonly NoiseInput[] } = {},
) {
  const { config } = model;
  const ort = await loadRuntime();
  const { onnx, inputs, outputs } = exportOnnx(model, options);
  const session = await ort.InferenceSession.create(onnx);
  const { levels, classes } = config;
  const shape = [count, config.size.channels, config.size.rows, config.size.cols];
  const pictures = Uint8Array.from({ length: sizeOf(shape) }, (_, i) => (i * 7 + (i % 5)) % levels);
  const labels = classes && Int32Array.from({ length: count }, (_, i) => i % classes.length);
  const noise = noiseOf(options.noise ?? [], count, 0)(0);
  const all = {
    pictures: new ort.Tensor("float32", Float32Array.from(pictures), shape),
    ...(labels && {
      classes: new ort.Tensor("float32", oneHot(labels, classes.length), [count, classes.length, 1, 1]),
    }),
    ...Object.fromEntries(
      (options.noise ?? []).map(({ node: { attributes, shape: own } }) => [
        attributes.name,
        new ort.Tensor("float32", noise[attributes.name]!, [count, ...own.slice(1)]),
      ]),
    ),
  };
  expect([...session.inputNames].sort()).toEqual(Object.keys(inputs).sort());
  const results = await session.run(
    Object.fromEntries(Object.entries(all).filter(([name]) => session.inputNames.includes(name))),
  );
  await session.release();
  expect(Object.keys(results)).toEqual(Object.keys(outputs));
  const [result] = Object.values(results);
  return { values: result!.data as Float32Array, dims: result!.dims, pictures, labels, noise, onnx };
}

function expectNear(found: ArrayLike<number>, wanted: ArrayLike<number>): void {
  expect(found.length).toBe(wanted.length);
  Array.from(wanted, (value, i) => expect(Math.abs(found[i]! - value)).toBeLessThan(1e-4));
}

describe("plain ONNX Runtime gives the nats of an exported model, of any number of pictures", () => {
  const others = ["vae", "ladder-vae"].map((name) => ({ name, config: OF_OTHER_FAMILIES[name]! }));
  const configs = [...TINY_NETWORKS, ...others];

  test.each(configs)("$name", async ({ config }) => {
    const model = saved(config);
    const graph = capability(config, "score").trace(config, 3);
    const { values, dims, pictures, labels, noise, onnx } = await run(model, 3, graph);
    const forward = await openForward(graph, [graph.nats], model.weights, { threads: 1 });
    const [wanted] = await forward.run(Float32Array.from(pictures), { labels, noise });
    await forward.close();
    expect(dims).toEqual(graph.nats.shape);
    expectNear(values, wanted!);
    expect(Buffer.from(onnx).includes("com.microsoft")).toBe(false);
    const one = await run(model, 1, graph);
    expectNear(one.values, values.subarray(0, values.length / 3));
  });
});

describe("what makes whole pictures makes the same ones, exported", () => {
  test.each(Object.keys(OF_OTHER_FAMILIES))("%s", async (name) => {
    const model = saved(OF_OTHER_FAMILIES[name]!);
    const graph = capability(model.config, "interpolate")(model.config, 2);
    const { values, labels, noise } = await run(model, 2, { task: "draw", noise: graph.noise });
    const forward = await openForward(graph, [graph.output.node], model.weights, { threads: 1 });
    const [wanted] = await forward.run(undefined, { labels, noise });
    await forward.close();
    expectNear(values, wanted!);
  });

  test("a GAN is exported to draw, and has no likelihood; others draw pixel by pixel", () => {
    const gan = saved(OF_OTHER_FAMILIES["gan"]!);
    expect(exportOnnx(gan)).toMatchObject({ task: "draw", outputs: { pictures: expect.any(String) } });
    expect(() => exportOnnx(gan, { task: "score" })).toThrow("a GAN draws pictures, and has no likelihood");
    expect(() => exportOnnx(saved(TINY_NETWORKS[0]!.config), { task: "draw" })).toThrow(
      "expected a model that makes whole pictures at once (vae, ladder-vae, gan)",
    );
  });
});

describe("nextpixel export", () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "nextpixel-export-"))));
  afterAll(() => rm(folder, { recursive: true }));

  test("writes the file that the library makes, and says what is in it", async () => {
    const said = jsonOf(await runHere(["export", RUN, "--onnx", "digits.onnx", "--json"], { cwd: folder }));
    expect(said).toMatchObject({
      task: "score",
      inputs: { pictures: expect.stringContaining("levels 0 .. ") },
      outputs: { nats: expect.stringContaining("in nats") },
    });
    const model = await ImageModel.load(RUN);
    expect(await readFile(join(folder, "digits.onnx"))).toEqual(Buffer.from(model.exportOnnx().onnx));
    const network = await loadSavedModel(RUN);
    const { onnx } = exportOnnx(network);
    // Weights have their names, and no path of the training pictures goes with them.
    expect(Buffer.from(onnx).includes("layer0.vertical.weight")).toBe(true);
  });

  test("the example in Python is right Python, and runs where Python has ONNX Runtime", async () => {
    const python = (...args: string[]) => promisify(execFile)("python3", args, { cwd: folder });
    if (!(await python("--version").catch(() => undefined))) return;
    await python("-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())", EXAMPLE);
    if (!(await python("-c", "import onnxruntime, numpy").catch(() => undefined))) return;
    const { stdout } = await python(EXAMPLE, "digits.onnx");
    expect(stdout).toMatch(/\d+\.\d\d nats\n$/);
  });
});
