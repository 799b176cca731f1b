import type { Node, Primitive } from "../../graph/node.ts";
import { simplify } from "../../graph/simplify.ts";
import { topologicalOrder, useCounts } from "../../graph/walk.ts";
import { biasedConvolution } from "./convolution.ts";
import type { Lowering, OnnxRule } from "./lowering.ts";
import { BOOL, FLOAT, OnnxModelWriter } from "./model-writer.ts";
import { onnxRules } from "./rules.ts";

/** A whole program: what it is called and what it computes, by name. Its inputs and parameters are the leaves. */
export interface Program {
  readonly name: string;
  readonly outputs: Readonly<Record<string, Node>>;
}

/**
 * The program as one ONNX model. Its inputs are the graph's inputs and parameters; in and out, all is float32.
 * Comparisons stay truth values as long as nobody does arithmetic with them; a bias is given to its convolution.
 */
export function lowerToOnnx(program: Program): Uint8Array {
  const names = Object.keys(program.outputs);
  const outputs = simplify(Object.values(program.outputs));
  const order = topologicalOrder(outputs);
  const uses = useCounts(outputs);
  const model = new OnnxModelWriter(program.name);
  const values = new Map<Node, string>();
  const conditions = new Map<Node, string>();

  const lowering: Lowering = {
    model,
    value(node) {
      const known = values.get(node);
      if (known !== undefined) return known;
      const cast = model.node("Cast", [conditions.get(node)!], { to: FLOAT });
      values.set(node, cast);
      return cast;
    },
    condition(node) {
      const known = conditions.get(node);
      if (known !== undefined) return known;
      const cast = model.node("Cast", [values.get(node)!], { to: BOOL });
      conditions.set(node, cast);
      return cast;
    },
  };

  const biased = new Map<Node, { conv: Node<"conv">; bias: Node }>();
  for (const node of order) {
    const fused = biasedConvolution(node, uses);
    if (fused) biased.set(node, fused);
  }
  const absorbed = new Set<Node>([...biased.values()].map(({ conv }) => conv));

  for (const node of order) {
    if (absorbed.has(node)) continue;
    const rule = onnxRules[node.op] as OnnxRule<Primitive>;
    const fused = biased.get(node);
    const result = fused ? onnxRules.conv(fused.conv, lowering, fused.bias) : rule(node, lowering);
    (isComparison(node) ? conditions : values).set(node, result);
  }
  outputs.forEach((output, i) => {
    model.node("Identity", [lowering.value(output)], {}, names[i]!);
    model.output(names[i]!, output.shape);
  });
  return model.finish();
}

const isComparison = (node: Node) => node.op === "equal" || node.op === "greater";
