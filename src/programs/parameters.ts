import { constant, parameter, reshape, slice } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { sizeOf } from "../graph/shapes.ts";
import { rewriteGraph } from "../graph/walk.ts";
import { initialValues } from "../nn/initialisers.ts";
import type { Declaration } from "../nn/scope.ts";
import type { Part, PartVectors } from "./trainable.ts";

// Programs hold all parameters in one vector, one after the other in the order of their declaration. Each array that is
// passed to the runtime takes time, and the optimizer becomes a few operations on one long vector.

/** The name of the input that holds all parameters of a part. */
export const vectorOf = (part: string): string => `${part}/parameters`;

export const parameterCount = (declarations: readonly Declaration[]): number =>
  declarations.reduce((total, { shape }) => total + sizeOf(shape), 0);

/** The outputs with every parameter of these parts replaced by its place in the part's vector. */
export function packParameters(
  outputs: readonly Node[],
  parts: readonly Part[],
  vector: (part: Part) => Node = inputVector,
): Node[] {
  const places = new Map<Node, Node>();
  for (const part of parts) {
    const all = vector(part);
    for (const { node, shape, start, end } of placed(part.declarations))
      places.set(node, reshape(slice(all, 0, start, end), shape));
  }
  return rewriteGraph(outputs, (node) => places.get(node) ?? node);
}

/** The parameters of a part as an input of a program. */
export const inputVector = ({ name, declarations }: Part): Node =>
  parameter(vectorOf(name), [parameterCount(declarations)]);

/** The same as constants, which are part of the program. */
export const constantVector =
  (weights: PartVectors) =>
  ({ name, declarations }: Part): Node =>
    constant(weights[name]!, [parameterCount(declarations)]);

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
