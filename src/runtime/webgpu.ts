import type { InferenceSession, Tensor } from "onnxruntime-node";
import { expected, NextpixelError } from "../basics/errors.ts";
import { add, input } from "../graph/language.ts";
import type { Program } from "../lower/onnx/lower.ts";
import { compile, loadRuntime, SESSION_OPTIONS } from "./ort.ts";
import { checkLength, type Session } from "./session.ts";
import { readValues, type DeviceArray, type Values } from "./values.ts";

const PROVIDER = {
  name: "webgpu",
  // Ours. With the other one, which is the default, Row LSTM is computed wrongly (1.30).
  preferredLayout: "NCHW",
} as const;

class TensorOnDevice implements DeviceArray {
  readonly tensor: Tensor;
  readonly read: () => Promise<Float32Array>;

  constructor(tensor: Tensor, read: (tensor: Tensor) => Promise<Float32Array>) {
    this.tensor = tensor;
    this.read = () => read(tensor);
  }

  get length(): number {
    return this.tensor.size;
  }

  release(): void {
    this.tensor.dispose();
  }
}

/**
 * Compiles a program for the GPU. The outputs named in `keep` stay there.
 *
 * @throws DEVICE error, here and when it is run, if there is no GPU or it fails.
 */
export async function openDeviceSession(
  program: Program,
  keep: readonly string[] = [],
): Promise<Session<Values>> {
  const { model, shapes } = await compile(program, { blocked: false });
  const names = Object.keys(program.outputs);
  const session = await createSession(model, names, keep);
  const { Tensor } = await loadRuntime();
  const readers = new Map<number, Promise<InferenceSession>>();

  // Reading such a tensor directly makes the runtime end the process, so an identity program copies it.
  const read = async (tensor: Tensor) => {
    const reader = readers.get(tensor.size) ?? openReader(tensor.size);
    readers.set(tensor.size, reader);
    const { numbers } = await attempt(async () => (await reader).run({ kept: tensor }));
    return numbers!.data as Float32Array;
  };
  const taken = (values: Values, shape: readonly number[]) => {
    if (values instanceof TensorOnDevice) return values.tensor;
    if (values instanceof Float32Array) return new Tensor("float32", values, shape);
    throw expected("ARGUMENT", "numbers in memory or on the GPU", "a program's input", values);
  };
  return {
    async run(feeds) {
      const tensors = Object.fromEntries(
        [...shapes].map(([name, shape]) => [name, taken(checkLength(feeds[name], name, shape), shape)]),
      );
      const results = await attempt(() => session.run(tensors));
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [
          name,
          keep.includes(name) ? new TensorOnDevice(tensor, read) : (tensor.data as Float32Array),
        ]),
      );
    },
    async close() {
      const sessions = [session, ...(await Promise.all(readers.values()))];
      await Promise.all(sessions.map((one) => one.release()));
    },
  };
}

/**
 * Adds two numbers on the GPU. The runtime prints to stderr which hardware there is, so it is meant for a separate
 * process.
 *
 * @throws DEVICE error as `openDeviceSession` does.
 */
export async function tryDevice(): Promise<void> {
  const { env } = await loadRuntime();
  env.logLevel = "info";
  const x = input("x", [1]);
  const session = await openDeviceSession({ name: "try", outputs: { sum: add(x, x) } });
  const results = await session.run({ x: Float32Array.of(21) });
  const [sum] = await readValues(results["sum"]!);
  if (sum !== 42) throw failed(`21 + 21 gave ${sum}`);
  await session.close();
}

async function openReader(length: number): Promise<InferenceSession> {
  const program = { name: "read", outputs: { numbers: input("kept", [length]) } };
  return createSession((await compile(program, { blocked: false })).model, ["numbers"], []);
}

async function createSession(
  model: Uint8Array,
  names: readonly string[],
  keep: readonly string[],
): Promise<InferenceSession> {
  const ort = await loadRuntime();
  return attempt(() =>
    ort.InferenceSession.create(model, {
      ...SESSION_OPTIONS,
      executionProviders: [PROVIDER],
      preferredOutputLocation: Object.fromEntries(
        names.map((name) => [name, keep.includes(name) ? "gpu-buffer" : "cpu"]),
      ),
    }),
  );
}

async function attempt<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    // The runtime's messages start with the place and the condition in its source.
    const message = cause instanceof Error ? cause.message : String(cause);
    throw failed(message.split("\n")[0]!.replace(/^.* was false\. /, ""), cause);
  }
}

const failed = (message: string, cause?: unknown) =>
  new NextpixelError("DEVICE", `WebGPU fails: ${message}`, { cause });
