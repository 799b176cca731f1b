import { NextpixelError } from "../../basics/errors.ts";
import { constant, mul } from "../../graph/language.ts";
import type { Node } from "../../graph/node.ts";
import type { ConvMask, Primitive, Shape } from "../../graph/primitives.ts";
import type { Front, Fronts } from "./fronts.ts";

/** The memory layout of values on fronts. */
export interface FrontLayout {
  /** The axis of positions. */
  readonly positions: number;
  /** The axis of channels. */
  readonly channels: number;
  shape(batch: number, channels: number, positions: number): Shape;
  /** A value that is the same at all positions, [batch, channels, 1, 1]. */
  everywhere(node: Node): Node;
  /** A field, rearranged so that its parts on fronts can be taken by `at`. */
  prepare(field: Node): Node;
  /** The part on a front of a field that was prepared. */
  at(prepared: Node, front: Front): Node;
  /** The field [batch, channels, rows, cols] of which these are the values on all fronts, in their order. */
  field(values: readonly Node[]): Node;
  readonly convolution: FrontRule<"conv"> & FrontRule<"convTranspose">;
}

/** The values of nodes on fronts. */
export interface FrontValues {
  readonly fronts: Fronts;
  readonly layout: FrontLayout;
  /** The value on a front. Values that are the same for all positions or pictures have size 1 there. */
  at(node: Node, front: Front): Node;
  /** Are there positions in the picture `rows` and `cols` further than those of a front? */
  isInside(front: Front, rows: number, cols: number): boolean;
  /** The values at those positions, which belong to the front that `value` is called with; 0 outside the picture. */
  moved(front: Front, rows: number, cols: number, value: (from: Front) => Node): Node;
  zeros(front: Front, channels: number): Node;
  /** Does a node depend on the state? */
  isInner(node: Node): boolean;
}

/** The value of a node on a front. */
export type FrontRule<P extends Primitive> = (node: Node<P>, front: Front, values: FrontValues) => Node;

/** For what cannot be computed front by front. */
export const noFrontRule = (node: Node): never => {
  throw new NextpixelError(
    "SCHEDULE",
    `expected a recurrence of functions of pixels and their neighbours, received a ${node.op} to ` +
      `[${node.shape.join(", ")}]${node.name === undefined ? "" : ` (at ${node.name})`}`,
  );
};

const known = new WeakMap<ConvMask, { w: Node; masked: Node }>();

/** Weights without those that a mask leaves out; one node for all fronts. */
export function withoutMasked(w: Node, mask: ConvMask | undefined): Node {
  if (!mask) return w;
  const last = known.get(mask);
  if (last?.w === w) return last.masked;
  const masked = mul(w, constant(mask.values, mask.shape));
  known.set(mask, { w, masked });
  return masked;
}
