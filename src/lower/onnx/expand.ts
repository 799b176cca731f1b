import { attention } from "../../graph/attention.ts";
import { exp, maximum, minimum, sub } from "../../graph/language.ts";
import { is, type Node } from "../../graph/node.ts";
import { rewriteGraph } from "../../graph/walk.ts";

/**
 * The graph with primitives that have no fast ONNX operator replaced by simpler ones. These are the primitives that
 * the derivative uses too, so that simplification merges them. (ONNX's Elu takes as long as e^x, which the derivative
 * would have to compute once more.)
 */
export const expand = (outputs: readonly Node[]): Node[] =>
  rewriteGraph(outputs, (node) => {
    if (is(node, "attend")) return attention(node);
    if (!is(node, "elu")) return node;
    const x = node.inputs[0]!;
    return maximum(x, sub(exp(minimum(x, 0)), 1));
  });
