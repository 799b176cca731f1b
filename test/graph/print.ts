import type { Node } from "../../src/graph/node.ts";
import { topologicalOrder } from "../../src/graph/walk.ts";

/**
 * The graph as text, one line per node: number, primitive, operands, attributes, shape, and the name if it has one.
 * Attributes with their usual values (no padding, a stride of 1) are left out. Constants of up to eight numbers are
 * written where they are used. For reading and for snapshot tests.
 */
export function printGraph(outputs: Readonly<Record<string, Node>>): string {
  const numbers = new Map<Node, string>();
  const lines: string[] = [];
  let count = 0;
  for (const node of topologicalOrder(Object.values(outputs))) {
    if (node.op === "constant") {
      numbers.set(node, constantText(node as Node<"constant">));
      continue;
    }
    const number = `%${count++}`;
    const operands = node.inputs.map((operand) => numbers.get(operand)!);
    numbers.set(node, number);
    const attributes = Object.entries(node.attributes)
      .filter(([key]) => key !== "shape" && key !== "name")
      .map(([key, value]) => [key, attributeText(value)] as const)
      .filter(([key, text]) => text !== "" && !(UNIT_STEPS.has(key) && text === "[1, 1]"))
      .map(([key, text]) => `${key}: ${text}`);
    const name = node.name === undefined ? "" : `  # ${node.name}`;
    lines.push(
      `${number} = ${node.op}(${[...operands, ...attributes].join(", ")}) [${node.shape.join(", ")}]${name}`,
    );
  }
  for (const [name, node] of Object.entries(outputs)) lines.push(`${name}: ${numbers.get(node)!}`);
  return lines.join("\n");
}

function constantText({ attributes: { data }, shape }: Node<"constant">): string {
  if (data.length > 8) return `constant[${shape.join(", ")}]`;
  return shape.length === 0 ? String(data[0]) : `[${data.join(", ")}]`;
}

/** Attributes that are left out if they are [1, 1]. */
const UNIT_STEPS: ReadonlySet<string> = new Set(["stride", "dilation"]);

/** An attribute as text; empty if it is left out. */
function attributeText(value: unknown): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return `[${value.join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  if ("values" in value && value.values instanceof Uint8Array) {
    const kept = value.values.reduce((total, bit) => total + bit, 0);
    return `${kept} of ${value.values.length}`;
  }
  const sides = Object.entries(value).filter(([, size]) => size !== 0);
  return sides.map(([side, size]) => `${side} ${size}`).join(" ");
}
