import { is, type Node } from "../../graph/node.ts";
import { sameShape } from "../../graph/shapes.ts";
import { topologicalOrder, useCounts } from "../../graph/walk.ts";
import { perChannel } from "./constants.ts";
import { isInTiles } from "./tiles.ts";
import { timeAt, type Times } from "./times.ts";

/**
 * relu(conv + bias + add), each part but the convolution, which may be a transposed one, optional, as one call of a
 * kernel.
 */
export interface FusedConvolution {
  readonly kind: "convolution";
  readonly conv: Node<"conv"> | Node<"convTranspose">;
  readonly bias: Float32Array | undefined;
  readonly add: Node | undefined;
  readonly relu: boolean;
  /** Whether it is computed for tiles of columns, see `winograd.ts`. */
  readonly inTiles: boolean;
}

/** tanh(a) * sigmoid(b). */
export interface FusedGate {
  readonly kind: "gate";
  readonly a: Node;
  readonly b: Node;
}

export type Fused = FusedConvolution | FusedGate;

/** What is computed by one call together with nodes below it, and which nodes that saves. */
export interface Fusion {
  readonly fused: ReadonlyMap<Node, Fused>;
  readonly saved: ReadonlySet<Node>;
}

/**
 * Finds what the kernels compute in one go. Nodes are only drawn together where all channels have the same times, and as
 * many rows ahead. Those that are swept go from column to column, not by tiles.
 */
export function findFusions(
  logits: Node,
  {
    timesOf,
    leadOf,
    isSwept,
  }: {
    readonly timesOf: (node: Node) => Times;
    readonly leadOf: (node: Node) => number;
    readonly isSwept: (node: Node) => boolean;
  },
): Fusion {
  const uses = useCounts([logits]);
  const fused = new Map<Node, Fused>();
  const saved = new Set<Node>();

  /** `node`, if it is for `user` alone and computed at the same times. */
  const own = (user: Node, node: Node): Node | undefined => {
    const channels = Array.from({ length: user.shape[1]! }, (_, channel) => channel);
    const isOwn =
      uses.get(node) === 1 &&
      leadOf(user) === leadOf(node) &&
      sameShape(user.shape, node.shape) &&
      channels.every((channel) => timeAt(timesOf(user), channel) === timeAt(timesOf(node), channel));
    return isOwn ? node : undefined;
  };

  /** The two operands of a node in both orders. */
  const bothWays = ({ inputs: [a, b] }: Node): [Node, Node][] => [
    [a!, b!],
    [b!, a!],
  ];

  const convolution = (node: Node): [FusedConvolution, Node[]] | undefined => {
    if (is(node, "conv") || is(node, "convTranspose")) {
      const inTiles = is(node, "conv") && isInTiles(node, timesOf) && !isSwept(node);
      return [{ kind: "convolution", conv: node, bias: undefined, add: undefined, relu: false, inTiles }, []];
    }
    const below = (inner: Node | undefined): [FusedConvolution, Node[]] | undefined => {
      const found = inner && convolution(inner);
      return found && !found[0].relu ? [found[0], [...found[1], inner]] : undefined;
    };
    if (is(node, "relu")) {
      const found = below(own(node, node.inputs[0]!));
      return found && [{ ...found[0], relu: true }, found[1]];
    }
    if (!is(node, "add")) return undefined;
    for (const [inner, other] of bothWays(node)) {
      const found = below(own(node, inner));
      if (!found || found[0].add) continue;
      const bias = perChannel(other, node.shape[1]!);
      if (bias) return [{ ...found[0], bias: sumOf(bias, found[0].bias) }, found[1]];
      const isOfClass = is(other, "input") && other.shape[1] === node.shape[1];
      if (isOfClass || sameShape(other.shape, node.shape)) return [{ ...found[0], add: other }, found[1]];
    }
    return undefined;
  };

  const gate = (node: Node): [FusedGate, Node[]] | undefined => {
    if (!is(node, "mul")) return undefined;
    for (const [left, right] of bothWays(node)) {
      const [a, b] = [own(node, left), own(node, right)];
      if (a && b && is(a, "tanh") && is(b, "sigmoid")) {
        return [{ kind: "gate", a: a.inputs[0]!, b: b.inputs[0]! }, [a, b]];
      }
    }
    return undefined;
  };

  for (const node of topologicalOrder([logits]).toReversed()) {
    const found = saved.has(node) ? undefined : (convolution(node) ?? gate(node));
    if (!found) continue;
    fused.set(node, found[0]);
    for (const inner of found[1]) saved.add(inner);
  }
  return { fused, saved };
}

/** The sum of biases, each of which may be one value for all channels. */
function sumOf(a: Float32Array, b: Float32Array | undefined): Float32Array {
  if (!b) return a;
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  return long.map((value, i) => value + short[short.length === 1 ? 0 : i]!);
}
