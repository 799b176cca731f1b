import type { Node } from "../graph/node.ts";
import type { Program } from "../lower/onnx/lower.ts";
import type { Device } from "../runtime/device.ts";
import { openSession, type SessionOptions } from "../runtime/ort.ts";
import type { Session } from "../runtime/session.ts";
import type { Values } from "../runtime/values.ts";
import { openDeviceSession } from "../runtime/webgpu.ts";
import { forwardBy, type Forward, type ForwardGraph } from "./forward-pass.ts";
import type { PartVectors } from "./trainable.ts";

export interface ForwardOptions extends SessionOptions {
  /** The CPU by default, the only device on which threads and blocks have a meaning. */
  readonly device?: Device | undefined;
}

/** Compiles some values of a graph, see `forwardBy`. */
export const openForward = (
  graph: ForwardGraph,
  nodes: readonly Node[],
  weights?: PartVectors,
  options?: ForwardOptions,
): Promise<Forward> => forwardBy((program) => openProgram(program, options), graph, nodes, weights);

/** Opens a program on the device that is asked for. */
export const openProgram = (program: Program, options?: ForwardOptions): Promise<Session<Values>> =>
  options?.device === "webgpu" ? openDeviceSession(program) : openSession(program, options);
