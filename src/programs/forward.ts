import { oneHot } from "../data/classes.ts";
import type { Node } from "../graph/node.ts";
import type { Device } from "../runtime/device.ts";
import { openSession, type Session, type SessionOptions } from "../runtime/ort.ts";
import { readValues, type Values } from "../runtime/values.ts";
import { openDeviceSession } from "../runtime/webgpu.ts";
import type { Network } from "./network.ts";
import { packParameters, parameterVector, PARAMETERS } from "./parameters.ts";

/** What a network takes beside pictures. */
export interface Beside {
  /** All parameters in one vector: needed if the program was compiled without. */
  readonly weights?: Values | undefined;
  /** The number of each picture's class: needed if the network knows classes. */
  readonly labels?: ArrayLike<number> | undefined;
}

export interface ForwardOptions extends SessionOptions {
  /** The CPU by default, the only device on which threads and blocks have a meaning. */
  readonly device?: Device | undefined;
}

/** One output of a network as a compiled program. */
export interface Forward {
  /** The output for levels [batch, channels, rows, cols]. */
  run(pictures: Float32Array, beside?: Beside): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Compiles one output of a network. With the weights given here they become part of the program, which makes it faster;
 * without, they are handed in at every call.
 */
export async function openForward(
  { declarations, classes }: Network,
  node: Node,
  weights?: Float32Array,
  options?: ForwardOptions,
): Promise<Forward> {
  const [output] = packParameters([node], declarations, parameterVector(declarations, weights));
  const program = { name: "forward", outputs: { output: output! } };
  const session: Session<Values> =
    options?.device === "webgpu" ? await openDeviceSession(program) : await openSession(program, options);
  return {
    async run(pictures, { weights: given, labels } = {}) {
      const result = await session.run({
        pictures,
        ...(given && { [PARAMETERS]: given }),
        ...(classes && labels && { classes: oneHot(labels, classes.shape[1]!) }),
      });
      return readValues(result["output"]!);
    },
    close: () => session.close(),
  };
}
