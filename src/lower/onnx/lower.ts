import { is, type Node } from "../../graph/node.ts";
import type { Primitive } from "../../graph/primitives.ts";
import { simplify } from "../../graph/simplify.ts";
import { topologicalOrder, useCounts } from "../../graph/walk.ts";
import { blockedRule } from "./blocked-rules.ts";
import { convolution } from "./convolution.ts";
import { expand } from "./expand.ts";
import { fuseConvolutions } from "./fusion.ts";
import { isComparison, OnnxLowering, type OnnxRule } from "./lowering.ts";
import { OnnxModelWriter, type ExportOptions } from "./model-writer.ts";
import { findResampling, resample } from "./resampling.ts";
import { unrollRecurrences } from "./unroll.ts";
import { onnxRules, type ExpandedPrimitive, type FusedPrimitive, type UnrolledPrimitive } from "./rules.ts";

/** A whole program: what it is called and what it computes, by name. Its inputs and parameters are the leaves. */
export interface Program {
  readonly name: string;
  readonly outputs: Readonly<Record<string, Node>>;
}

export interface LoweringOptions extends ExportOptions {
  /** Channels in a block, on a runtime that has operators for fields in blocks of channels. */
  readonly block?: number | undefined;
}

/** The program as one ONNX model. Its inputs are the graph's inputs and parameters; in and out, all is float32. */
export function lowerToOnnx(program: Program, options: LoweringOptions = {}): Uint8Array {
  const { block } = options;
  const names = Object.keys(program.outputs);
  const outputs = simplify(unrollRecurrences(expand(Object.values(program.outputs))));
  // The runtime computes nodes in the order in which the model lists them. All gradients end in one vector that
  // starts with the first layer's. Listed from last to first, each layer's gradient is computed during the backward
  // pass, when its operands have just been computed. From first to last, all of them would be computed at the end,
  // with every activation and its derivative still in memory.
  const order = topologicalOrder(outputs, "last to first");
  const uses = useCounts(outputs);
  const { fused, absorbed } = fuseConvolutions(order, uses);
  const { resamplings, absorbed: ofResamplings } = findResampling(order, uses, block);
  const ofBatch = order.find(
    (node): node is Node<"input"> => is(node, "input") && node.shape[0] === options.batch,
  );
  const model = new OnnxModelWriter(program.name, options, ofBatch?.attributes.name);
  const plain = (node: Node, lowering: OnnxLowering) => {
    const rule = onnxRules[
      node.op as Exclude<Primitive, FusedPrimitive | UnrolledPrimitive | ExpandedPrimitive>
    ] as OnnxRule<Primitive>;
    return rule(node, lowering);
  };
  const lowering = new OnnxLowering(model, plain, block);

  for (const node of order) {
    if (absorbed.has(node) || ofResamplings.has(node) || isComparison(node)) continue;
    const chain = fused.get(node);
    if (chain) {
      convolution(node, chain, lowering);
      continue;
    }
    const resampling = resamplings.get(node);
    const blocked = resampling ? resample(resampling, lowering) : blockedRule(node, lowering);
    if (blocked === undefined) lowering.setPlain(node, plain(node, lowering));
    else lowering.setBlocked(node, blocked);
  }
  outputs.forEach((output, i) => {
    model.node("Identity", [lowering.value(output)], {}, names[i]!);
    model.output(names[i]!, output.shape);
  });
  return model.finish();
}
