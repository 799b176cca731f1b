import type { Node } from "../graph/node.ts";
import { classBias } from "./class-bias.ts";
import { fieldBias } from "./field-bias.ts";
import { positionBias } from "./position-bias.ts";
import type { Scope } from "./scope.ts";

/** What a network is told beside the pixels before. */
export interface Condition {
  /** The class of each picture, one-hot, [batch, classes, 1, 1]; undefined if there are no classes. See `classBias`. */
  readonly classes: Node | undefined;
  /**
   * Features of a field that is known in advance, [batch, maps, rows, cols]; undefined if there is none. See
   * `fieldBias`.
   */
  readonly field?: Node | undefined;
  /** Whether it is told where in the picture a pixel is. See `positionBias`. */
  readonly positions?: boolean | undefined;
}

/** Features, [.., maps, ..], with the biases of all that is told. */
export function conditionBias(scope: Scope, features: Node, { classes, field, positions }: Condition): Node {
  const told = fieldBias(scope.at("field"), classBias(scope.at("class"), features, classes), field);
  return positions ? positionBias(scope.at("position"), told) : told;
}
