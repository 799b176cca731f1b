import type { Node } from "../graph/node.ts";
import { openSession, type SessionOptions } from "../runtime/ort.ts";
import type { Network } from "./network.ts";
import { packParameters, parameterVector, PARAMETERS } from "./parameters.ts";

/** One output of a network as a compiled program. */
export interface Forward {
  /** The output for levels [batch, channels, rows, cols]. `weights` are needed if it was opened without. */
  run(pictures: Float32Array, weights?: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Compiles one output of a network. With the weights given here they become part of the program, which makes it faster;
 * without, they are handed in at every call.
 */
export async function openForward(
  { declarations }: Network,
  node: Node,
  weights?: Float32Array,
  options?: SessionOptions,
): Promise<Forward> {
  const [output] = packParameters([node], declarations, parameterVector(declarations, weights));
  const session = await openSession({ name: "forward", outputs: { output: output! } }, options);
  return {
    async run(pictures, given) {
      const result = await session.run({ pictures, ...(given && { [PARAMETERS]: given }) });
      return result["output"]!;
    },
    close: () => session.close(),
  };
}
