import { oneHot } from "../data/classes.ts";
import type { Node } from "../graph/node.ts";
import { sizeOf } from "../graph/shapes.ts";
import type { Program } from "../lower/onnx/lower.ts";
import type { Session } from "../runtime/session.ts";
import { readValues, type Values } from "../runtime/values.ts";
import type { Noise } from "./noise.ts";
import { constantVector, inputVector, packParameters, vectorOf } from "./parameters.ts";
import type { GraphInputs, Part, PartVectors } from "./trainable.ts";

// What `openForward` takes and gives, for those who may not know ONNX Runtime.

/** What a program takes beside pictures. */
export interface Beside {
  /** The parameters of each part: needed if the program was compiled without. */
  readonly weights?: PartVectors<Values> | undefined;
  /** The number of each picture's class: needed if the graph knows classes. */
  readonly labels?: ArrayLike<number> | undefined;
  /** What else the graph reads, by name: random numbers, or latents in their place. */
  readonly noise?: Noise | undefined;
}

/** Some values of a graph as a compiled program. */
export interface Forward {
  /**
   * The values for levels [batch, channels, rows, cols], which a graph that reads no picture does not take, in the
   * order in which they were asked for.
   */
  run(pictures: Float32Array | undefined, beside?: Beside): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** A graph and the parameters in it. */
export interface ForwardGraph extends Pick<GraphInputs, "classes"> {
  readonly parts: readonly Part[];
}

/** `openForward`, as far as others than this room go. */
export type OpenForward = (
  graph: ForwardGraph,
  nodes: readonly Node[],
  weights: PartVectors,
  options: { readonly threads: number; readonly ownThread?: boolean },
) => Promise<Forward>;

/** Opens a program, wherever it is to run. */
export type OpenProgram = (program: Program) => Promise<Session<Values>>;

/**
 * Compiles some values of a graph. Weights that are given here become part of the program, which makes it faster;
 * without them they are passed at every call.
 */
export async function forwardBy(
  open: OpenProgram,
  { parts, classes }: ForwardGraph,
  nodes: readonly Node[],
  weights?: PartVectors,
): Promise<Forward> {
  const packed = packParameters(nodes, parts, weights ? constantVector(weights) : inputVector);
  const names = packed.map((_, i) => `output ${i}`);
  const session = await open({
    name: "forward",
    outputs: Object.fromEntries(packed.map((node, i) => [names[i]!, node])),
  });
  return {
    async run(pictures, { weights: given = {}, labels, noise } = {}) {
      const vectors = Object.entries(given).map(([name, vector]) => [vectorOf(name), vector] as const);
      const results = await session.run({
        ...(pictures && { pictures }),
        ...noise,
        ...Object.fromEntries(vectors),
        ...(classes && labels && { classes: oneHot(labels, classes.shape[1]!) }),
      });
      return Promise.all(names.map((name) => readValues(results[name]!)));
    },
    close: () => session.close(),
  };
}

/** A short batch, padded with zeros to the shape that a program takes. The results for the padding are discarded. */
export function filled(
  pictures: Uint8Array,
  shape: readonly number[],
  beside: Beside,
): [Float32Array, Beside] {
  const all = new Float32Array(sizeOf(shape));
  all.set(pictures);
  const { labels } = beside;
  const ofAll = labels && Int32Array.from({ length: shape[0]! }, (_, i) => labels[i] ?? 0);
  return [all, { ...beside, labels: ofAll }];
}
