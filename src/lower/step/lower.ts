import type { Node } from "../../graph/node.ts";
import type { Primitive } from "../../graph/primitives.ts";
import { topologicalOrder } from "../../graph/walk.ts";
import { composeConvolutions } from "./compose.ts";
import { lowerConvolution, lowerGate } from "./fused.ts";
import { findFusions } from "./fusion.ts";
import { Lowering, type View } from "./lowering.ts";
import type { StepProgram } from "./program.ts";
import { stepRules, type StepRule } from "./rules.ts";
import { timesOfNodes } from "./times.ts";

export interface StepOptions {
  /**
   * Whether the whole picture is known in advance: then all is computed row by row, all columns at once. By the same
   * kernels in the same order, so that the logits have the same bits.
   */
  readonly known: boolean;
}

/**
 * The incremental program that computes a network's logits from `picture`, both [1, channels, rows, cols]. Whatever does not depend on
 * the picture must be a constant. SCHEDULE error that names the node if there is a primitive without an incremental
 * rule, or one that reads what is computed later.
 */
export function lowerToSteps(network: Node, picture: Node, { known }: StepOptions): StepProgram {
  const logits = composeConvolutions(network);
  const drawn = timesOfNodes(logits, picture, false);
  const times = known ? timesOfNodes(logits, picture, true) : drawn;
  // What is computed in one go rounds differently: it has to be the same whether or not the picture is known.
  const { fused, saved } = findFusions(logits, (node) => drawn.get(node)!);
  const lowering = new Lowering(times, picture);
  const levels = lowering.field(picture.shape[1]!);
  lowering.place(picture, [levels]);
  for (const node of topologicalOrder([logits])) {
    if (node === picture || node.op === "constant" || saved.has(node)) continue;
    lowering.place(node, lowerNode(node));
  }

  function lowerNode(node: Node): View {
    const together = fused.get(node);
    if (together?.kind === "convolution") return lowerConvolution(node, together, lowering);
    if (together?.kind === "gate") return lowerGate(node, together, lowering);
    return (stepRules[node.op] as StepRule<Primitive>)(node, lowering);
  }

  return {
    cols: picture.shape[3]!,
    channels: picture.shape[1]!,
    picture: levels,
    logits: lowering.joined(lowering.view(logits), times.get(logits)!),
    fields: lowering.fields,
    instructions: lowering.instructions,
  };
}
