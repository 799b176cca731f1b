import { parameter, sum } from "../../src/graph/language.ts";
import type { Shape } from "../../src/graph/primitives.ts";
import { zeros } from "../../src/nn/initialisers.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";

/** A part that is one vector of `count` parameters. */
export function vectorPart(count: number, optimizer: Optimizer) {
  const shape: Shape = [count];
  const node = parameter("values", shape);
  return { declarations: [{ name: "values", shape, initialiser: zeros, node }], loss: sum(node), optimizer };
}
