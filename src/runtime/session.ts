import { expected } from "../basics/errors.ts";
import { is, type Node } from "../graph/node.ts";
import type { Shape } from "../graph/primitives.ts";
import { sizeOf } from "../graph/shapes.ts";
import { topologicalOrder } from "../graph/walk.ts";
import { lowerToOnnx, type Program } from "../lower/onnx/lower.ts";
import type { Values } from "./values.ts";

// What sessions of ONNX Runtime have in common, in Node and in browsers.

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

/** A program as a model, with blocked convolutions of so many channels if there are any. */
export function compiledProgram(program: Program, block?: number): CompiledProgram {
  const leaves = topologicalOrder(Object.values(program.outputs)).filter(
    (node): node is Node<"input"> => is(node, "input") || is(node, "parameter"),
  );
  return {
    model: lowerToOnnx(program, { block }),
    shapes: new Map(leaves.map(({ attributes: { name }, shape }) => [name, shape])),
  };
}

/** ONNX Runtime as far as it is used here: its types are no part of what browsers get. */
export interface Tensors {
  readonly Tensor: new (type: "float32", data: Float32Array, shape: Shape) => object;
}

export interface RuntimeSession {
  run(feeds: Readonly<Record<string, object>>): Promise<Readonly<Record<string, { readonly data: unknown }>>>;
  release(): Promise<void>;
}

/** A session of the runtime as one of ours. */
export const sessionOf = (
  session: RuntimeSession,
  { Tensor }: Tensors,
  shapes: CompiledProgram["shapes"],
): Session => ({
  async run(feeds) {
    const tensors = Object.fromEntries(
      [...shapes].map(([name, shape]) => [
        name,
        new Tensor("float32", checkLength(feeds[name], name, shape), shape),
      ]),
    );
    const results = await session.run(tensors);
    return Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]),
    );
  },
  close: () => session.release(),
});

/** The values of an input. @throws ARGUMENT if there are none, or not as many as it takes */
export function checkLength<Vector extends Values>(
  values: Vector | undefined,
  name: string,
  shape: Shape,
): Vector {
  if (values?.length === sizeOf(shape)) return values;
  throw expected("ARGUMENT", `${sizeOf(shape)} numbers`, name, values?.length);
}
