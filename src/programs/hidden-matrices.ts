import { type Node, is } from "../graph/node.ts";
import { sizeOf } from "../graph/shapes.ts";
import { topologicalOrder } from "../graph/walk.ts";
import type { Matrix } from "../optim/transformation.ts";
import { placed } from "./parameters.ts";
import type { TrainablePart } from "./trainable.ts";

/**
 * The weights of hidden layers, as matrices: between features that depend on parameters before, and features that
 * layers after them read. Not among them are first layers, whose input is the picture, noise or a class; last layers,
 * whose result goes into the loss without another layer; and what has one row or one column, such as biases and gains.
 * This is found from the graph of the loss, so that it holds for every network.
 */
export function hiddenMatrices({
  declarations,
  loss,
}: Pick<TrainablePart, "declarations" | "loss">): Matrix[] {
  const outer = outerWeights(
    loss,
    declarations.map(({ node }) => node),
  );
  return placed(declarations)
    .filter(({ node }) => !outer.has(node))
    .map(({ start, end, shape }) => {
      const rows = shape[0] ?? 1;
      return { start, end, rows, cols: sizeOf(shape) / rows };
    })
    .filter(({ rows, cols }) => rows > 1 && cols > 1);
}

/** The parameters of first and last layers. A layer is a product, such as a convolution, with weights. */
function outerWeights(loss: Node, parameters: readonly Node[]): ReadonlySet<Node> {
  const own = new Set(parameters);
  const order = topologicalOrder([loss]);
  /** Nodes that depend on a parameter. The state of a recurrence does: on what is computed from it. */
  const learnt = new Set<Node>();
  /** Nodes that depend on parameters alone, and on which: weights, however they are computed. */
  const weights = new Map<Node, readonly Node[]>();
  /** The weights of each layer. */
  const layers = new Map<Node, readonly Node[]>();
  const outer = new Set<Node>();
  for (const node of order) {
    const { inputs } = node;
    if (own.has(node) || is(node, "state") || inputs.some((operand) => learnt.has(operand))) learnt.add(node);
    if (own.has(node)) weights.set(node, [node]);
    else if (inputs.some((x) => weights.has(x)) && inputs.every((x) => weights.has(x) || is(x, "constant")))
      weights.set(node, [...new Set(inputs.flatMap((operand) => weights.get(operand) ?? []))]);
    const weighed = isProduct(node) ? inputs.filter((operand) => weights.has(operand)) : [];
    if (weighed.length === 0) continue;
    const ofLayer = weighed.flatMap((operand) => weights.get(operand)!);
    layers.set(node, ofLayer);
    const isFirst = inputs.every((operand) => weights.has(operand) || !learnt.has(operand));
    if (isFirst) for (const weight of ofLayer) outer.add(weight);
  }
  // Back from the loss, up to the first layer on each way.
  const reached = new Set([loss]);
  for (const node of order.toReversed()) {
    if (!reached.has(node)) continue;
    const ofLayer = layers.get(node);
    if (ofLayer) for (const weight of ofLayer) outer.add(weight);
    else for (const operand of node.inputs) reached.add(operand);
  }
  return outer;
}

const isProduct = (node: Node): boolean =>
  is(node, "conv") || is(node, "convTranspose") || is(node, "convWeightGradient") || is(node, "matmul");
