import { availableParallelism } from "node:os";
import { blockProbe } from "../lower/onnx/blocked-layout.ts";
import type { Program } from "../lower/onnx/lower.ts";
import { keepFreedMemory } from "./freed-memory.ts";
import { compiledProgram, sessionOf, type CompiledProgram, type Session } from "./session.ts";

export interface SessionOptions {
  /** Threads of one operator; all cores by default. */
  readonly threads?: number | undefined;
  /** false: no operators that only ONNX Runtime has (see lower/onnx/blocked-layout.ts). They are used by default. */
  readonly blocked?: boolean | undefined;
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
  return compiledProgram(program, blocked ? await channelBlock() : undefined);
}

/** The second half of `openSession`. */
export async function openCompiled(
  { model, shapes }: CompiledProgram,
  options: SessionOptions = {},
): Promise<Session> {
  const ort = await loadRuntime();
  return sessionOf(await createSession(ort, model, options), ort, shapes);
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
  runtime ??= startRuntime();
  return runtime;
}

function startRuntime(): Promise<Runtime> {
  // Since 1.29 ONNX Runtime sends usage data unless this is disabled before it is loaded.
  process.env["ORT_DISABLE_TELEMETRY"] = "1";
  keepFreedMemory();
  return import("onnxruntime-node");
}
