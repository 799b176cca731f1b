import { constant } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { rewriteGraph } from "../graph/walk.ts";
import { lowerToOnnx } from "../lower/onnx/lower.ts";
import type { ForwardGraph } from "./forward-pass.ts";
import { placed } from "./parameters.ts";
import type { PartVectors } from "./trainable.ts";

/** A value of a graph that an exported program gives. */
export interface ExportedOutput {
  readonly name: string;
  readonly node: Node;
  /** What it is, for people. */
  readonly about: string;
}

/** What an exported program tells of itself. */
export interface ExportedText {
  /** What each input is, by its name. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Anything else, by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The batch size that graphs to export are traced for. No other size of a graph is a multiple of it, so that wherever a
 * multiple of it is found, the batch was meant: it is a prime number above all sizes and places in pictures and
 * networks, and small enough that its products with them are exact.
 */
export const ANY_BATCH = 2 ** 24 + 43;

/**
 * A graph and its weights as an ONNX model for other programs: it takes any number of pictures at once, has only
 * operators of the standard, and each parameter under its own name.
 *
 * @param graph Traced for `ANY_BATCH` pictures.
 */
export function exportedModel(
  graph: ForwardGraph,
  outputs: readonly ExportedOutput[],
  weights: PartVectors,
  { inputs, metadata }: ExportedText,
): Uint8Array {
  const values = new Map<Node, Node>();
  const names = new Map<ArrayLike<number>, string>();
  for (const { name: part, declarations } of graph.parts)
    for (const { node, name, shape, start, end } of placed(declarations)) {
      const value = constant(weights[part]!.subarray(start, end), shape);
      values.set(node, value);
      names.set(value.attributes.data, name);
    }
  const nodes = rewriteGraph(
    outputs.map(({ node }) => node),
    (node) => values.get(node) ?? node,
  );
  return lowerToOnnx(
    { name: "nextpixel", outputs: Object.fromEntries(outputs.map(({ name }, i) => [name, nodes[i]!])) },
    {
      batch: ANY_BATCH,
      names,
      about: { ...inputs, ...Object.fromEntries(outputs.map(({ name, about }) => [name, about])) },
      metadata,
    },
  );
}
