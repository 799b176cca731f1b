import { mul, sub } from "../graph/language.ts";
import { type Node, named } from "../graph/node.ts";

/** A picture's levels as networks read them: from -1 to 1. */
export const scaledPicture = (picture: Node, levels: number): Node =>
  named(sub(mul(picture, 2 / (levels - 1)), 1), "scaled picture");
