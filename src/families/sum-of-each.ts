import { sum } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";

/** The sum over each entry of a batch, [batch, 1, 1, 1]. */
export const sumOfEach = (x: Node): Node => sum(x, [1, 2, 3]);
