import { foldConstants } from "../graph/fold-constants.ts";
import { constant } from "../graph/language.ts";
import { is, type Node } from "../graph/node.ts";
import { rewriteGraph } from "../graph/walk.ts";
import { lowerToSteps, type StepOptions } from "../lower/step/lower.ts";
import type { StepProgram } from "../lower/step/program.ts";
import type { SamplerProgram } from "../runtime/step/draw.ts";
import { tabulateClasses } from "./class-values.ts";
import type { Network } from "./network.ts";
import { placed } from "./parameters.ts";

/**
 * The incremental program of a network's logits, with its weights (all parameters in one vector).
 *
 * @throws SCHEDULE if the network cannot be computed pixel by pixel.
 */
export function stepProgram(
  network: Network,
  weights: Float32Array,
  options: Pick<StepOptions, "known">,
): StepProgram {
  const logits = foldedLogits(network, weights);
  const tabulated = tabulateClasses(logits, network.classes);
  return lowerToSteps(tabulated.logits, network.picture, {
    ...options,
    classValues: tabulated.values,
    field: network.field,
  });
}

/** A network's logits with its weights put in, and all computed that does not depend on the picture. */
export function foldedLogits(network: Network, weights: Float32Array): Node {
  const parts = new Map(
    placed(network.declarations).map(({ name, start, end }) => [name, weights.subarray(start, end)]),
  );
  const withWeights = rewriteGraph([network.logits], (node) =>
    is(node, "parameter")
      ? { ...constant(parts.get(node.attributes.name)!, node.shape), name: node.name }
      : node,
  );
  return foldConstants(withWeights, network.picture)[0]!;
}

/** What draws pictures with a network. */
export const samplerProgram = (network: Network, weights: Float32Array): SamplerProgram => ({
  steps: stepProgram(network, weights, { known: false }),
  draw: network.likelihood.kernel ?? network.likelihood.masses,
  groups: network.likelihood.groups(network.picture.shape[1]!),
  levels: network.levels,
});
