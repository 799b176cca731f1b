import type { Node } from "../graph/node.ts";
import type { Program } from "../lower/onnx/lower.ts";
import type { Device } from "../runtime/device.ts";
import { compile, openSession, type SessionOptions } from "../runtime/ort.ts";
import type { Session } from "../runtime/session.ts";
import type { Values } from "../runtime/values.ts";
import { openDeviceSession } from "../runtime/webgpu.ts";
import { openSessionThread } from "../runtime/workers/session.ts";
import { forwardBy, type Forward, type ForwardGraph } from "./forward-pass.ts";
import type { PartVectors } from "./trainable.ts";

export interface ForwardOptions extends SessionOptions {
  /** The CPU by default, the only device on which threads and blocks have a meaning. */
  readonly device?: Device | undefined;
  /**
   * Runs it in a thread of its own, so that several run at once; on the CPU. Each can be asked for one run at a time.
   */
  readonly ownThread?: boolean | undefined;
}

/** Compiles some values of a graph, see `forwardBy`. */
export const openForward = (
  graph: ForwardGraph,
  nodes: readonly Node[],
  weights?: PartVectors,
  options?: ForwardOptions,
): Promise<Forward> => forwardBy((program) => openProgram(program, options), graph, nodes, weights);

/** Opens a program on the device that is asked for. */
export async function openProgram(
  program: Program,
  { device, ownThread, ...options }: ForwardOptions = {},
): Promise<Session<Values>> {
  if (device === "webgpu") return openDeviceSession(program);
  return ownThread
    ? openSessionThread(await compile(program, options), options)
    : openSession(program, options);
}
