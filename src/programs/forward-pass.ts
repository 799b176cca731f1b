import type { Node } from "../graph/node.ts";
import type { Values } from "../runtime/values.ts";
import type { Noise } from "./noise.ts";
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
  options: { readonly threads: number },
) => Promise<Forward>;
