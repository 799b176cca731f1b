import { constant, parameter, reshape, slice } from "../graph/language.ts";
import { type Node, is } from "../graph/node.ts";
import { sizeOf } from "../graph/shapes.ts";
import { rewriteGraph } from "../graph/walk.ts";
import { initialValues } from "../nn/initialisers.ts";
import type { Declaration } from "../nn/scope.ts";

// Programs hold all parameters in one vector, one after the other in the order of their declaration: handing an array
// to the runtime has a price each, and the optimizer becomes a few operations on one long vector.

export const PARAMETERS = "parameters";

export const parameterCount = (declarations: readonly Declaration[]): number =>
  declarations.reduce((total, { shape }) => total + sizeOf(shape), 0);

/** The outputs with every parameter replaced by its part of the vector. */
export function packParameters(
  outputs: readonly Node[],
  declarations: readonly Declaration[],
  vector: Node,
): Node[] {
  const parts = new Map<string, Node>();
  for (const { name, shape, start, end } of placed(declarations)) {
    parts.set(name, reshape(slice(vector, 0, start, end), shape));
  }
  return rewriteGraph(outputs, (node) =>
    is(node, "parameter") ? (parts.get(node.attributes.name) ?? node) : node,
  );
}

/** The vector as an input of the program or, if the values are given, as a part of it. */
export function parameterVector(declarations: readonly Declaration[], values?: Float32Array): Node {
  const count = parameterCount(declarations);
  return values ? constant(values, [count]) : parameter(PARAMETERS, [count]);
}

/** The first values of all parameters. */
export function initialParameters(declarations: readonly Declaration[], seed: number): Float32Array {
  const vector = new Float32Array(parameterCount(declarations));
  const places = placed(declarations);
  declarations.forEach((declaration, i) => vector.set(initialValues(declaration, seed), places[i]!.start));
  return vector;
}

export interface PlacedParameter extends Declaration {
  /** Its elements are start .. end-1 of the vector. */
  readonly start: number;
  readonly end: number;
}

/** Where in the vector each parameter lies. */
export function placed(declarations: readonly Declaration[]): PlacedParameter[] {
  let end = 0;
  return declarations.map((declaration) => {
    const start = end;
    end += sizeOf(declaration.shape);
    return { ...declaration, start, end };
  });
}
