import { constant, reshape } from "./language.ts";
import { type Node, is } from "./node.ts";
import type { Primitive } from "./primitives.ts";
import { sameShape } from "./shapes.ts";
import { rewriteGraph } from "./walk.ts";

/**
 * An equivalent graph that computes less: equal sub-expressions are merged (the backward pass repeats much of the
 * forward pass), neutral operands and double negations are removed, arithmetic on scalar constants is done.
 */
export function simplify(outputs: readonly Node[]): Node[] {
  const known = new Map<string, Node>();
  const numbers = new Map<object, number>();
  const numberOf = (object: object) => {
    const number = numbers.get(object) ?? numbers.size;
    numbers.set(object, number);
    return number;
  };
  return rewriteGraph(outputs, (node) => {
    const simpler = simplifyNode(node);
    const key = `${simpler.op} ${simpler.inputs.map(numberOf).join(" ")} ${attributesKey(simpler, numberOf)}`;
    const same = known.get(key);
    if (same) return same;
    known.set(key, simpler);
    return simpler;
  });
}

function attributesKey(node: Node, numberOf: (object: object) => number): string {
  if (is(node, "state") || (is(node, "constant") && node.attributes.data.length > 64))
    return `by identity ${numberOf(node)}`;
  return JSON.stringify(node.attributes, (_, value: unknown) => {
    if (value instanceof Float64Array) return [...value].join(" ");
    return value instanceof Uint8Array ? numberOf(value) : value;
  });
}

const folds: { readonly [P in Primitive]?: (a: number, b: number) => number } = {
  neg: (a) => -a,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
};

function simplifyNode(node: Node): Node {
  const [a, b] = node.inputs;
  const fold = folds[node.op];
  if (fold && node.inputs.every((operand) => is(operand, "constant") && operand.shape.length === 0)) {
    return constant([fold(scalar(a)!, scalar(b) ?? 0)], []);
  }
  switch (node.op) {
    case "neg":
      return a!.op === "neg" ? a!.inputs[0]! : node;
    case "add":
      if (scalar(a) === 0) return sameShapeOr(b!, node);
      return scalar(b) === 0 ? sameShapeOr(a!, node) : node;
    case "sub":
      return scalar(b) === 0 ? sameShapeOr(a!, node) : node;
    case "mul":
      if (scalar(a) === 1) return sameShapeOr(b!, node);
      return scalar(b) === 1 ? sameShapeOr(a!, node) : node;
    case "div":
      return scalar(b) === 1 ? sameShapeOr(a!, node) : node;
    case "reshape":
      return a!.op === "reshape" ? reshape(a!.inputs[0]!, node.shape) : node;
    case "stopGradient":
      // Simplification comes after differentiation, so it is no longer needed.
      return a!;
    default:
      return node;
  }
}

const sameShapeOr = (operand: Node, node: Node) => (sameShape(operand.shape, node.shape) ? operand : node);

/** The number, if the node is a constant with a single element, or one that is broadcast. */
function scalar(node: Node | undefined): number | undefined {
  if (node && is(node, "broadcast")) return scalar(node.inputs[0]);
  return node && is(node, "constant") && node.attributes.data.length === 1
    ? node.attributes.data[0]
    : undefined;
}
