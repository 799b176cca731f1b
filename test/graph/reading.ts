import { NextpixelError } from "../../src/basics/errors.ts";
import * as g from "../../src/graph/language.ts";
import type { Node } from "../../src/graph/node.ts";

/** Where a state reads, relative to its position. */
export type Offset = readonly [rows: number, cols: number];

/** A state made of `field` and of itself at these offsets. */
export function reading(offsets: readonly Offset[], field: Node): Node {
  const terms = (h: Node) => offsets.map(([rows, cols]) => g.shift(h, -rows, -cols));
  return g.recur([field.shape], ([h]) => [
    terms(h!).reduce<Node>((sum, term) => g.add(sum, g.mul(0.5, term)), field),
  ])[0]!;
}

/** The error that is thrown, which has to be one of ours. */
export function thrownBy(run: () => unknown): NextpixelError {
  try {
    run();
  } catch (error) {
    if (error instanceof NextpixelError) return error;
    throw error;
  }
  throw new Error("expected an error");
}
