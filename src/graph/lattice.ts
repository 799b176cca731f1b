import type { Node } from "./node.ts";
import { is } from "./node.ts";
import type { Shape } from "./primitives.ts";
import { dependentsOf, topologicalOrder } from "./walk.ts";

/** How many rows and columns of the picture lie between neighbours of a field: [1, 1] for one of the picture's size. */
export type Stride = readonly [rows: number, cols: number];

/** The positions of the picture whose row and column are `phase` modulo `stride`. */
export interface Lattice {
  readonly stride: Stride;
  readonly phase: readonly [row: number, col: number];
}

export const isOn = ({ stride, phase }: Lattice, row: number, col: number): boolean =>
  (row - phase[0]) % stride[0] === 0 && (col - phase[1]) % stride[1] === 0;

/**
 * The stride of a field, whose position (r, c) stands at (r stride, c stride) of the picture; undefined if it has none.
 */
export function strideOf(shape: Shape, picture: Shape): Stride | undefined {
  if (shape.length !== 4) return undefined;
  const [rows, cols] = [picture[2]! / shape[2]!, picture[3]! / shape[3]!];
  return Number.isInteger(rows) && Number.isInteger(cols) ? [rows, cols] : undefined;
}

export const isSameStride = (a: Stride, b: Stride): boolean => a[0] === b[0] && a[1] === b[1];

/**
 * After how many rows and columns of the picture all fields that are made of it have positions at the same places
 * again.
 */
export function periodOf(outputs: readonly Node[], picture: Node): Stride {
  let period: Stride = [1, 1];
  for (const node of dependentsOf(topologicalOrder(outputs), [picture])) {
    if (!is(node, "conv") && !is(node, "convTranspose")) continue;
    if (isSameStride(node.attributes.stride, [1, 1])) continue;
    for (const { shape } of [node, node.inputs[0]!]) {
      const stride = strideOf(shape, picture.shape);
      if (stride) period = [commonMultiple(period[0], stride[0]), commonMultiple(period[1], stride[1])];
    }
  }
  return period;
}

/** The smallest. */
export function commonMultiple(a: number, b: number): number {
  let multiple = a;
  while (multiple % b !== 0) multiple += a;
  return multiple;
}
