import { computedValue, storedValue, type ConstantValue } from "./constant-values.ts";
import { broadcast, constant } from "./language.ts";
import { named, type Node } from "./node.ts";
import { POINTWISE_PRIMITIVES } from "./pointwise.ts";
import type { Primitive } from "./primitives.ts";
import { sameShape } from "./shapes.ts";
import { rewriteGraph } from "./walk.ts";

/**
 * The graph with every node that depends on constants only replaced by a constant, so that it is computed once.
 * Repeated values are stored once and broadcast. A field of the picture's size is not folded if it would take more
 * memory than its operands (such as the sum of a number for each row and a number for each column): it is computed
 * row by row, so that stored constants do not grow with the area of the picture.
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
