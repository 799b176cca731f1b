import { input } from "../graph/language.ts";
import { is, type Node } from "../graph/node.ts";
import { rewriteGraph } from "../graph/walk.ts";

/** A network in which the biases of classes (see `classBias`) are inputs, to be looked up. */
export interface TabulatedClasses {
  readonly logits: Node;
  /**
   * The values of these inputs: the channels of each, [1, channels, rows, cols], for every class: [classes][channels].
   */
  readonly values: ReadonlyMap<Node, Float32Array>;
}

/** Replaces the products of the one-hot `classes` and constant weights by the columns that these products select. */
export function tabulateClasses(logits: Node, classes: Node<"input"> | undefined): TabulatedClasses {
  const values = new Map<Node, Float32Array>();
  const [rewritten] = rewriteGraph([logits], (node) => {
    const [x, weights] = node.inputs;
    const isLookup = is(node, "conv") && x === classes && node.shape[2] === 1 && node.shape[3] === 1;
    if (!isLookup || !is(weights!, "constant")) return node;
    const lookedUp = input(node.name ?? "class values", node.shape);
    values.set(lookedUp, transposed(weights.attributes.data, weights.shape[1]!));
    return lookedUp;
  });
  return { logits: rewritten!, values };
}

/** [rows][columns] to [columns][rows]. */
function transposed(matrix: Float64Array, columns: number): Float32Array {
  const rows = matrix.length / columns;
  return Float32Array.from(matrix, (_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]!);
}
