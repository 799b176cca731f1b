import { availableParallelism } from "node:os";
import { expected } from "../basics/errors.ts";
import type { Shape } from "../graph/primitives.ts";
import { sizeOf } from "../graph/shapes.ts";
import { topologicalOrder } from "../graph/walk.ts";
import { type Node, is } from "../graph/node.ts";
import { blockProbe } from "../lower/onnx/blocked-layout.ts";
import { lowerToOnnx, type Program } from "../lower/onnx/lower.ts";
import type { Values } from "./values.ts";

export interface SessionOptions {
  /** Threads of one operator; all cores by default. */
  readonly threads?: number | undefined;
  /** false: no operators that only ONNX Runtime has (see lower/onnx/blocked-layout.ts). They are used by default. */
  readonly blocked?: boolean | undefined;
}

/** A compiled program. */
export interface Session<Vector extends Values = Float32Array> {
  /**
   * Runs the program on values by name, each a row-major float32 array. It blocks the thread (ONNX Runtime's promises
   * are resolved only when the work is done).
   *
   * @throws ARGUMENT if an input is missing or has another size
   */
  run(feeds: Readonly<Record<string, Vector | Float32Array>>): Promise<Record<string, Vector>>;
  /** Frees the session's memory. */
  close(): Promise<void>;
}

/** A program as ONNX Runtime takes it: plain data, which a worker can be sent. */
export interface CompiledProgram {
  readonly model: Uint8Array;
  /** The shapes of its inputs and parameters, by name. */
  readonly shapes: ReadonlyMap<string, Shape>;
}

/** Compiles a program for ONNX Runtime on the CPU. */
export async function openSession(program: Program, options: SessionOptions = {}): Promise<Session> {
  return openCompiled(await compile(program, options), options);
}

/** The first half of `openSession`. */
export async function compile(
  program: Program,
  { blocked = true }: SessionOptions = {},
): Promise<CompiledProgram> {
  const block = blocked ? await channelBlock() : undefined;
  const leaves = topologicalOrder(Object.values(program.outputs)).filter(
    (node): node is Node<"input"> => is(node, "input") || is(node, "parameter"),
  );
  return {
    model: lowerToOnnx(program, { block }),
    shapes: new Map(leaves.map(({ attributes: { name }, shape }) => [name, shape])),
  };
}

/** The second half of `openSession`. */
export async function openCompiled(
  { model, shapes }: CompiledProgram,
  options: SessionOptions = {},
): Promise<Session> {
  const ort = await loadRuntime();
  const session = await createSession(ort, model, options);
  return {
    async run(feeds) {
      const tensors = Object.fromEntries(
        [...shapes].map(([name, shape]) => [
          name,
          new ort.Tensor("float32", checkLength(feeds[name], name, shape), shape),
        ]),
      );
      const results = await session.run(tensors);
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]),
      );
    },
    close: () => session.release(),
  };
}

/** The values of an input. @throws ARGUMENT if there are none, or not as many as it takes */
export function checkLength<Vector extends Values>(
  values: Vector | undefined,
  name: string,
  shape: Shape,
): Vector {
  if (values?.length === sizeOf(shape)) return values;
  throw expected("ARGUMENT", `${sizeOf(shape)} numbers`, name, values?.length);
}

/** Options of sessions on every device. */
export const SESSION_OPTIONS = {
  interOpNumThreads: 1,
  graphOptimizationLevel: "all",
  // Half the memory of a training step at the same speed.
  enableMemPattern: false,
  // Only fatal errors are printed: other errors are thrown as exceptions.
  logSeverityLevel: 4,
  // Otherwise idle threads would spin, and take cores from other processes.
  extra: { session: { force_spinning_stop: "1" } },
} as const;

const createSession = (ort: Runtime, model: Uint8Array, options: SessionOptions) =>
  ort.InferenceSession.create(model, {
    ...SESSION_OPTIONS,
    executionProviders: ["cpu"],
    intraOpNumThreads: options.threads ?? availableParallelism(),
  });

let block: Promise<number | undefined> | undefined;

/** Channels in a block of the runtime's blocked convolutions on this machine; undefined if it has none. */
function channelBlock(): Promise<number | undefined> {
  block ??= probeChannelBlock();
  return block;
}

async function probeChannelBlock(): Promise<number | undefined> {
  const ort = await loadRuntime();
  try {
    const session = await createSession(ort, blockProbe.model(), { threads: 1 });
    const { blocked } = await session.run({
      plain: new ort.Tensor("float32", blockProbe.input, blockProbe.shape),
    });
    await session.release();
    return blockProbe.blockSize(blocked!.data as Float32Array);
  } catch {
    // A runtime without these operators rejects the model; programs are then lowered without blocks.
    return undefined;
  }
}

type Runtime = typeof import("onnxruntime-node");
let runtime: Promise<Runtime> | undefined;

/** The runtime is loaded on first use: commands that need no network start without it. */
export function loadRuntime(): Promise<Runtime> {
  // Since 1.29 ONNX Runtime sends usage data unless this is disabled before it is loaded.
  process.env["ORT_DISABLE_TELEMETRY"] = "1";
  runtime ??= import("onnxruntime-node");
  return runtime;
}
