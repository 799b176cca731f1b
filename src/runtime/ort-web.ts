import { NextpixelError } from "../basics/errors.ts";
import type { Program } from "../lower/onnx/lower.ts";
import { compiledProgram, sessionOf, type RuntimeSession, type Session, type Tensors } from "./session.ts";

// ONNX Runtime for browsers. It is no part of the page: its files lie beside it where they are published, and are
// loaded when they are needed.

/** The files, in a folder of their own. */
export const WEB_RUNTIME = {
  /** The interface, and what loads the WebAssembly. */
  api: "ort.js",
  loader: "ort-loader.js",
  /** WebAssembly, gzipped: a quarter of its size, for hosts that compress nothing. */
  wasm: "ort.wasm.gz",
} as const;

/** What is used of `onnxruntime-web`. */
interface WebRuntime extends Tensors {
  readonly env: {
    logLevel: string;
    readonly wasm: { numThreads: number; wasmPaths: { readonly mjs: string }; wasmBinary: ArrayBuffer };
  };
  readonly InferenceSession: {
    create(model: Uint8Array, options: object): Promise<RuntimeSession>;
  };
}

/**
 * Loads the runtime from a folder, an address that ends in "/". Its memory does not shrink when sessions are closed:
 * load it in a worker, and end that.
 *
 * @throws NOT_FOUND if the files are not there
 */
export async function loadWebRuntime(folder: string): Promise<(program: Program) => Promise<Session>> {
  const [ort, wasmBinary] = await Promise.all([
    import(new URL(WEB_RUNTIME.api, folder).href) as Promise<WebRuntime>,
    webAssembly(new URL(WEB_RUNTIME.wasm, folder)),
  ]);
  ort.env.logLevel = "fatal";
  Object.assign(ort.env.wasm, {
    wasmBinary,
    wasmPaths: { mjs: new URL(WEB_RUNTIME.loader, folder).href },
    // More would need headers that most static hosts do not send.
    numThreads: 1,
  });
  return async (program) => {
    const { model, shapes } = compiledProgram(program);
    const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all", logSeverityLevel: 4 };
    return sessionOf(await ort.InferenceSession.create(model, options), ort, shapes);
  };
}

async function webAssembly(address: URL): Promise<ArrayBuffer> {
  const response = await fetch(address);
  if (!response.ok) {
    throw new NextpixelError("NOT_FOUND", `expected the file ${address}, received status ${response.status}`);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  // Some hosts say that such a file is compressed, and browsers have then unpacked it.
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.buffer;
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(unpacked).arrayBuffer();
}
