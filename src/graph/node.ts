import { NextpixelError } from "../basics/errors.ts";
import type { Attributes, Primitive, Shape } from "./primitives.ts";
import { shapeRules } from "./shapes.ts";

/** One value of a graph: a primitive applied to other nodes. Immutable, and compared by identity. */
export interface Node<P extends Primitive = Primitive> {
  readonly op: P;
  readonly inputs: readonly Node[];
  readonly attributes: Attributes[P];
  readonly shape: Shape;
  /** Its place in the network, such as "block3.spatial", for errors and printed graphs. */
  readonly name: string | undefined;
}

/** Is this node an application of `op`? Narrows its attributes. */
export function is<P extends Primitive>(node: Node, op: P): node is Node<P> {
  return node.op === op;
}

/** A new node; SHAPE error if the operands do not fit together. Networks use the functions of `language.ts`. */
export function makeNode<P extends Primitive>(
  op: P,
  inputs: readonly Node[],
  attributes: Attributes[P],
  name?: string,
): Node<P> {
  const shape = shapeRules[op](
    inputs.map((input) => input.shape),
    attributes,
  );
  if (typeof shape === "string") {
    throw new NextpixelError("SHAPE", `${op}: ${shape}${location(name, inputs)}`);
  }
  return { op, inputs, attributes, shape, name };
}

/** The same value under another name. */
export function named(node: Node, name: string): Node {
  return { ...node, name };
}

function location(name: string | undefined, inputs: readonly Node[]): string {
  if (name !== undefined) return ` (at ${name})`;
  const names = inputs.map((input) => input.name).filter((name) => name !== undefined);
  return names.length > 0 ? ` (operands: ${names.join(", ")})` : "";
}
