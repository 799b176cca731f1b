import { computedValue, storedValue, type ConstantValue } from "./constant-values.ts";
import { broadcast, constant } from "./language.ts";
import { named, type Node } from "./node.ts";
import { POINTWISE_PRIMITIVES } from "./pointwise.ts";
import type { Primitive } from "./primitives.ts";
import { sameShape } from "./shapes.ts";
import { rewriteGraph } from "./walk.ts";

/**
 * The graph with one constant in place of what is made of constants alone, so that it is computed once. Values that are repeated are
 * stored once, and broadcast. Fields of the picture's size that would take more than what they are made of (a sum of numbers for
 * each row and numbers for each column) are left to be computed row by row: what is stored does not grow with the area.
 */
export const foldConstants = (outputs: readonly Node[], picture: Node): Node[] =>
  rewriteGraph(outputs, (node) => {
    const value = computedValue(node, storedValue);
    return !value || isLeft(node, value, picture) ? node : stored(value, node);
  });

const COMPUTED_BY_ROWS: ReadonlySet<Primitive> = new Set([...POINTWISE_PRIMITIVES, "concat"]);

function isLeft(node: Node, value: ConstantValue, picture: Node): boolean {
  const isField = node.shape.length === 4 && sameShape(node.shape.slice(2), picture.shape.slice(2));
  const operands = new Set(node.inputs.map((operand) => storedValue(operand)!.data));
  const before = [...operands].reduce((total, { length }) => total + length, 0);
  return isField && COMPUTED_BY_ROWS.has(node.op) && value.data.length > before;
}

function stored({ shape, data }: ConstantValue, { shape: full, name }: Node): Node {
  const node = broadcast(constant(data, shape), full);
  return name === undefined ? node : named(node, name);
}
