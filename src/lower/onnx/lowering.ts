import type { Node, Primitive } from "../../graph/node.ts";
import type { OnnxModelWriter } from "./model-writer.ts";

/** What a lowering rule may ask for. */
export interface Lowering {
  readonly model: OnnxModelWriter;
  /** The name of a node's value as float32. */
  value(node: Node): string;
  /** The name of a node's value as a truth value: true where it is not 0. */
  condition(node: Node): string;
}

export type OnnxRule<P extends Primitive> = (node: Node<P>, lowering: Lowering) => string;

/** Zeros around a value (or, where negative, a crop), before and after each axis. */
export function padded(
  { model }: Lowering,
  value: string,
  before: readonly number[],
  after: readonly number[],
): string {
  if ([...before, ...after].every((size) => size === 0)) return value;
  return model.node("Pad", [value, model.integers([...before, ...after])], {});
}
