import { attention } from "../../graph/attention.ts";
import { exp, maximum, minimum, sub } from "../../graph/language.ts";
import { is, type Node } from "../../graph/node.ts";
import { rewriteGraph } from "../../graph/walk.ts";

/**
 * The graph with what ONNX has no fast operator for made of simpler primitives: of those that its derivative is made
 * of, so that simplification finds them to be the same. (ONNX's Elu takes as long as e^x, which the derivative would
 * then need once more.)
 */
export const expand = (outputs: readonly Node[]): Node[] =>
  rewriteGraph(outputs, (node) => {
    if (is(node, "attend")) return attention(node);
    if (!is(node, "elu")) return node;
    const x = node.inputs[0]!;
    return maximum(x, sub(exp(minimum(x, 0)), 1));
  });
