import { type Node, is } from "../../graph/node.ts";
import { sameShape } from "../../graph/shapes.ts";

/** A convolution as the runtime can do it in one go: relu(conv(x, w) + bias + sum), any of them left out. */
export interface FusedConvolution {
  readonly conv: Node<"conv"> | Node<"convTranspose">;
  /** [1, outputs, 1, 1] */
  readonly bias: Node | undefined;
  /** A field of the result's shape. */
  readonly sum: Node | undefined;
  readonly relu: boolean;
}

/** A convolution with what it takes to compute it: forwards or backwards, only the weights lie differently. */
export interface PlainConvolution {
  readonly x: Node;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: readonly [number, number];
  /**
   * Name of the weights, [outputs, inputs, ...kernel]; backwards [inputs, outputs, ...kernel], to be turned by 180
   * degrees.
   */
  readonly weights: string;
  readonly isBackwards: boolean;
  /** Top, left, bottom, right; negative: so much of the input is cut off. */
  readonly pads: readonly [number, number, number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
}

/**
 * For each node that ends such a chain, the chain. What lies between is used by nobody else, and need not be computed
 * by itself: `absorbed`.
 */
export function fuseConvolutions(order: readonly Node[], uses: ReadonlyMap<Node, number>) {
  const fused = new Map<Node, FusedConvolution>();
  const absorbed = new Set<Node>();
  const isOnlyForUs = (node: Node) => uses.get(node) === 1;

  for (const end of order.toReversed()) {
    if (absorbed.has(end)) continue;
    const relu = is(end, "relu") && isOnlyForUs(end.inputs[0]!);
    const top = relu ? end.inputs[0]! : end;
    const withSum = addends(top).find(
      ([part, sum]) => sameShape(sum.shape, top.shape) && isOnlyForUs(part) && biased(part, isOnlyForUs),
    );
    const found = biased(withSum?.[0] ?? top, isOnlyForUs);
    if (!found) continue;
    fused.set(end, { ...found, sum: withSum?.[1], relu });
    for (const inner of [top, withSum?.[0], found.conv]) if (inner && inner !== end) absorbed.add(inner);
  }
  return { fused, absorbed };
}

const isConvolution = (node: Node): node is Node<"conv"> | Node<"convTranspose"> =>
  is(node, "conv") || is(node, "convTranspose");

const isBias = (bias: Node, field: Node) =>
  bias.shape.length === 4 && bias.shape.every((size, axis) => size === (axis === 1 ? field.shape[1] : 1));

/** Both ways to read an addition as "this one, and the other"; none if the node is no addition. */
const addends = (node: Node): readonly (readonly [Node, Node])[] => {
  const [a, b] = node.inputs;
  if (!is(node, "add") || !a || !b) return [];
  return [
    [b, a],
    [a, b],
  ];
};

/** A convolution, with its bias if it has one; undefined if the node is neither. */
function biased(node: Node, isOnlyForUs: (node: Node) => boolean) {
  if (isConvolution(node)) return { conv: node, bias: undefined };
  for (const [conv, bias] of addends(node)) {
    if (isConvolution(conv) && isOnlyForUs(conv) && isBias(bias, conv)) return { conv, bias };
  }
  return undefined;
}
