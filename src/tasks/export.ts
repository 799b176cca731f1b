import { expected } from "../basics/errors.ts";
import { capability, familyOf } from "../families/by-name.ts";
import { sizeOf } from "../graph/shapes.ts";
import { ANY_BATCH, exportedModel, type ExportedOutput } from "../programs/exported.ts";
import type { ForwardGraph } from "../programs/forward-pass.ts";
import type { GraphInputs } from "../programs/trainable.ts";
import type { SavedModel } from "../run/saved-model.ts";

/** What an exported model computes: how likely pictures are, or pictures from random numbers. */
export type ExportedTask = "score" | "draw";

export interface ExportOptions {
  /** `score` by default, `draw` for a model that has no likelihood. */
  readonly task?: ExportedTask | undefined;
}

export interface ExportedOnnx {
  readonly task: ExportedTask;
  /** The file: ONNX of operator set 17 (IR version 8), with the averaged weights inside. */
  readonly onnx: Uint8Array;
  /** What its inputs and outputs are, by their names. All are float32, and their first size is the batch. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

interface Exported {
  readonly graph: ForwardGraph;
  /** What it takes for pictures, if it takes any. */
  readonly picture?: GraphInputs["picture"];
  readonly noise: GraphInputs["noise"];
  readonly outputs: readonly ExportedOutput[];
}

/**
 * A model for programs that run ONNX. Of an autoregressive model -log p of every sub-pixel, by which it can be drawn
 * from too: the -log p of each level that a sub-pixel may have, given all before it, is its distribution.
 *
 * @throws ARGUMENT if the model cannot do the task: whole pictures at once are made by vae, ladder-vae and gan only
 */
export function exportOnnx(model: SavedModel, { task: asked }: ExportOptions = {}): ExportedOnnx {
  const { config, step, weights } = model;
  const { score } = familyOf(config).can;
  const task = asked ?? (score ? "score" : "draw");
  const { graph, picture, noise, outputs } = task === "score" ? scoring(model) : drawing(model);
  const inputs: Record<string, string> = {
    ...(picture && {
      pictures: `levels 0 .. ${config.levels - 1}, [batch, ${picture.shape.slice(1).join(", ")}]`,
    }),
    ...(config.classes && {
      classes: `the class of each picture, one-hot, [batch, ${config.classes.length}, 1, 1]`,
    }),
    ...Object.fromEntries(noise.map((one) => [one.node.attributes.name, describe(one)])),
  };
  const about = {
    model: config.model,
    task,
    levels: config.levels,
    size: config.size,
    likelihood: config.likelihood,
    classes: config.classes?.map(({ name }) => name),
    step,
  };
  const onnx = exportedModel(graph, outputs, weights, {
    inputs,
    metadata: { nextpixel: JSON.stringify(about) },
  });
  return { task, onnx, inputs, outputs: Object.fromEntries(outputs.map((one) => [one.name, one.about])) };
}

/** What bounds -log p, as the file says it. */
const BOUNDS = { elbo: "-ELBO", codes: "-log P(codes) - log p(picture | codes)" } as const;

function scoring({ config }: SavedModel): Exported {
  const { bound, trace } = capability(config, "score");
  const graph = trace(config, ANY_BATCH);
  const what = bound === undefined ? "-log p" : `${BOUNDS[bound]}, a bound of -log p from above,`;
  const isOfSubPixels = sizeOf(graph.nats.shape.slice(1)) > 1;
  const about = `${what} of each ${isOfSubPixels ? "sub-pixel given those before it" : "picture"}, in nats`;
  return {
    graph,
    picture: graph.picture,
    noise: graph.noise,
    outputs: [{ name: "nats", node: graph.nats, about }],
  };
}

function drawing({ config }: SavedModel): Exported {
  const trace = familyOf(config).can.interpolate;
  if (!trace) {
    const wanted = "a model that makes whole pictures at once (vae, ladder-vae, gan)";
    throw expected("ARGUMENT", wanted, "the model to export for drawing", config.model);
  }
  const graph = trace(config, ANY_BATCH);
  const { kind, node } = graph.output;
  const output =
    kind === "values"
      ? { name: "pictures", node, about: "pictures, about from -1 (black) to 1" }
      : { name: "logits", node, about: `logits of the likelihood ${config.likelihood}` };
  return { graph, noise: graph.noise, outputs: [output] };
}

function describe({ node, distribution }: GraphInputs["noise"][number]): string {
  const kind = distribution === "normal" ? "standard normal" : "uniform";
  return `${kind} random numbers, [batch, ${node.shape.slice(1).join(", ")}]`;
}
