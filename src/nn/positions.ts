import { broadcast, concat, constant } from "../graph/language.ts";
import { is, type Node, named } from "../graph/node.ts";
import { topologicalOrder } from "../graph/walk.ts";

const NAME = "positions";

/**
 * Where each position is: a channel of rows and one of columns, [batch, 2, rows, cols]. `along` is the coordinate of
 * position i of so many along an axis.
 */
export function positionsOf(
  [batch, , rows, cols]: Node["shape"],
  along: (i: number, size: number) => number,
): Node {
  const axis = (size: number, shape: readonly number[]) =>
    broadcast(
      named(
        constant(
          Float64Array.from({ length: size }, (_, i) => along(i, size)),
          shape,
        ),
        NAME,
      ),
      [batch!, 1, rows!, cols!],
    );
  return concat([axis(rows!, [1, 1, rows!, 1]), axis(cols!, [1, 1, 1, cols!])], 1);
}

/** Whether a graph reads where a position is, through `positionsOf`. */
export const readsPositions = (graph: Node): boolean =>
  topologicalOrder([graph]).some((node) => is(node, "constant") && node.name === NAME);
