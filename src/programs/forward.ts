import { oneHot } from "../data/classes.ts";
import type { Node } from "../graph/node.ts";
import { sizeOf } from "../graph/shapes.ts";
import type { Device } from "../runtime/device.ts";
import { openSession, type Session, type SessionOptions } from "../runtime/ort.ts";
import { readValues, type Values } from "../runtime/values.ts";
import { openDeviceSession } from "../runtime/webgpu.ts";
import type { Beside, Forward, ForwardGraph } from "./forward-pass.ts";
import { constantVector, inputVector, packParameters, vectorOf } from "./parameters.ts";
import type { PartVectors } from "./trainable.ts";

export interface ForwardOptions extends SessionOptions {
  /** The CPU by default, the only device on which threads and blocks have a meaning. */
  readonly device?: Device | undefined;
}

/**
 * Compiles some values of a graph. Weights that are given here become part of the program, which makes it faster;
 * without them they are passed at every call.
 */
export async function openForward(
  { parts, classes }: ForwardGraph,
  nodes: readonly Node[],
  weights?: PartVectors,
  options?: ForwardOptions,
): Promise<Forward> {
  const packed = packParameters(nodes, parts, weights ? constantVector(weights) : inputVector);
  const names = packed.map((_, i) => `output ${i}`);
  const program = {
    name: "forward",
    outputs: Object.fromEntries(packed.map((node, i) => [names[i]!, node])),
  };
  const session: Session<Values> =
    options?.device === "webgpu" ? await openDeviceSession(program) : await openSession(program, options);
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
