import { concat, slice } from "../../graph/language.ts";
import { is, type Node } from "../../graph/node.ts";

/** What a node is a concatenation of along an axis, and those in turn; a node that is none is its only part. */
function partsOfConcat(node: Node, axis: number): Node[] {
  if (!is(node, "concat") || node.attributes.axis !== axis) return [node];
  return node.inputs.flatMap((operand) => partsOfConcat(operand, axis));
}

/** Indices start .. end-1 of a concatenation without it: of the parts that they are in. Undefined if it is none. */
export function partOfConcat(
  node: Node,
  { axis, start, end }: { readonly axis: number; readonly start: number; readonly end: number },
): Node | undefined {
  const parts = partsOfConcat(node, axis);
  if (parts.length === 1) return undefined;
  const found: Node[] = [];
  let first = 0;
  for (const part of parts) {
    const size = part.shape[axis]!;
    const [from, to] = [Math.max(start - first, 0), Math.min(end - first, size)];
    if (from < to) found.push(slice(part, axis, from, to));
    first += size;
  }
  return concat(found, axis);
}
