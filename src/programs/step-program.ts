import { constant } from "../graph/language.ts";
import { is, type Node } from "../graph/node.ts";
import { rewriteGraph } from "../graph/walk.ts";
import { evaluate } from "../lower/reference/evaluate.ts";
import { lowerToSteps, type StepOptions } from "../lower/step/lower.ts";
import type { StepProgram } from "../lower/step/program.ts";
import type { SamplerProgram } from "../runtime/step/draw.ts";
import { tabulateClasses } from "./class-values.ts";
import type { Network } from "./network.ts";
import { placed } from "./parameters.ts";

/**
 * The incremental program of a network's logits, with its weights (all parameters in one vector). SCHEDULE error if the
 * network cannot be computed pixel by pixel.
 */
export function stepProgram(
  network: Network,
  weights: Float32Array,
  options: Pick<StepOptions, "known">,
): StepProgram {
  const parts = new Map(
    placed(network.declarations).map(({ name, start, end }) => [name, weights.subarray(start, end)]),
  );
  const [logits] = rewriteGraph([network.logits], (node) =>
    is(node, "parameter")
      ? { ...constant(parts.get(node.attributes.name)!, node.shape), name: node.name }
      : folded(node),
  );
  const tabulated = tabulateClasses(logits!, network.classes);
  return lowerToSteps(tabulated.logits, network.picture, { ...options, classValues: tabulated.values });
}

/** What draws pictures with a network. */
export const samplerProgram = (network: Network, weights: Float32Array): SamplerProgram => ({
  steps: stepProgram(network, weights, { known: false }),
  likelihood: network.likelihood.name,
  groups: network.likelihood.groups(network.picture.shape[1]!),
  levels: network.levels,
});

/** What is made of constants alone, as one: it is computed once, not for every picture. */
function folded(node: Node): Node {
  if (node.inputs.length === 0 || !node.inputs.every((operand) => is(operand, "constant"))) return node;
  return { ...constant(evaluate([node], {})[0]!, node.shape), name: node.name };
}
