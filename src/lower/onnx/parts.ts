import { broadcast, concat, constant, pad, slice } from "../../graph/language.ts";
import { is, type Node } from "../../graph/node.ts";

/** Indices start .. end-1 of an axis. */
export interface Part {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

/** A part of a value. Parts of concatenations and of padded values are taken without computing the whole. */
export function partOf(node: Node, part: Part): Node {
  const { axis, start, end } = part;
  if (is(node, "concat") && node.attributes.axis === axis) return partOfConcat(node, part);
  if (is(node, "pad")) {
    const [x] = node.inputs as [Node];
    const { axis: padded, before, after } = node.attributes;
    if (padded !== axis) return pad(partOf(x, part), padded, before, after);
    const [from, to] = [start - before, end - before];
    if (from >= 0 && to <= x.shape[axis]!) return partOf(x, { axis, start: from, end: to });
    const shape = node.shape.with(axis, end - start);
    if (to <= 0 || from >= x.shape[axis]!) return broadcast(constant([0], []), shape);
  }
  return slice(node, axis, start, end);
}

function partOfConcat(node: Node, { axis, start, end }: Part): Node {
  const found: Node[] = [];
  let first = 0;
  for (const operand of node.inputs) {
    const size = operand.shape[axis]!;
    const [from, to] = [Math.max(start - first, 0), Math.min(end - first, size)];
    if (from < to) found.push(partOf(operand, { axis, start: from, end: to }));
    first += size;
  }
  return concat(found, axis);
}
