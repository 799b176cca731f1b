import * as g from "./language.ts";
import type { Node } from "./node.ts";

// `attend` and its derivative as graphs of simpler primitives, for lowerings that have no kernel for attention. Both
// use the same weights, which are then computed only once.

/** The weights of one block of queries. A block needs no keys beyond its end, which saves nearly half of the work. */
export interface AttentionBlock {
  /** Queries start .. end-1. */
  readonly start: number;
  readonly end: number;
  /** For keys 0 .. end-1: [batch, end - start, end]. */
  readonly weights: Node;
}

/** Queries in a block, at most. Of 56 to 196 this is the fastest on ONNX Runtime; larger blocks save less. */
const QUERIES = 128;

/** Added to the scores of what must not be attended to. */
const HIDDEN = -1e30;

/** [batch, channels, rows, cols] -> [batch, channels, positions] */
export function flat(field: Node): Node {
  const [batch, channels, rows, cols] = field.shape as [number, number, number, number];
  return g.reshape(field, [batch, channels, rows * cols]);
}

/** [batch, channels, rows, cols] -> [batch, positions, channels] */
export const sequence = (field: Node): Node => g.transposeLastTwo(flat(field));

/** The weights softmax(q_i . k_j) of an attention, block by block. A position that attends to nothing has weights 0. */
export function attentionBlocks({ inputs, shape, attributes }: Node<"attend">): AttentionBlock[] {
  const [q, k] = inputs as [Node, Node];
  const isBefore = attributes.keys === "before";
  const positions = shape[2]! * shape[3]!;
  const [queries, keys] = [sequence(q), flat(k)];
  const numbers = rasterNumbers(shape[2]!, shape[3]!);
  const size = Math.ceil(positions / Math.ceil(positions / QUERIES));
  const blocks: AttentionBlock[] = [];
  for (let start = 0; start < positions; start += size) {
    const end = Math.min(start + size, positions);
    const scores = g.matmul(g.slice(queries, 1, start, end), g.slice(keys, 2, 0, end));
    const i = g.reshape(g.slice(numbers, 0, start, end), [end - start, 1]);
    const j = g.slice(numbers, 0, 0, end);
    const isHidden = isBefore ? g.greater(g.add(j, 1), i) : g.greater(j, i);
    const weights = g.softmax(g.add(scores, g.mul(isHidden, HIDDEN)));
    blocks.push({ start, end, weights: isBefore && start === 0 ? g.mul(weights, g.greater(i, 0)) : weights });
  }
  return blocks;
}

/**
 * 0, 1, 2, .. for the positions in raster order, made of small constants, equal ones of which simplification merges.
 */
function rasterNumbers(rows: number, cols: number): Node {
  const range = (size: number) => Float64Array.from({ length: size }, (_, i) => i);
  const grid = g.add(g.mul(g.constant(range(rows), [rows, 1]), cols), g.constant(range(cols), [1, cols]));
  return g.reshape(grid, [rows * cols]);
}

/** The value of an attention: for each query the weighted sum of the values. */
export function attention(node: Node<"attend">): Node {
  const values = sequence(node.inputs[2]!);
  const parts = attentionBlocks(node).map(({ end, weights }) =>
    g.matmul(weights, g.slice(values, 1, 0, end)),
  );
  return g.reshape(g.transposeLastTwo(g.concat(parts, 1)), node.shape);
}

/**
 * The derivatives of an attention for queries, keys and values: with the weights P = softmax(S), S = Q K^T, and the
 * result O = P V,
 *
 *     dV = P^T dO,   dS = P (dO V^T - D),   dQ = dS K,   dK = dS^T Q,
 *
 * where D is the sum of dO O over channels (T. Dao et al., "FlashAttention", 2022, appendix B.2): it takes no pass
 * over the weights, and as one more channel of the product dO V^T not even one to subtract it.
 */
export function attentionGradients(dout: Node, node: Node<"attend">): Node[] {
  const [q, k, v] = node.inputs as [Node, Node, Node];
  const [batch, , rows, cols] = node.shape as [number, number, number, number];
  const negativeD = g.neg(g.sum(g.mul(dout, node), [1]));
  const left = sequence(g.concat([dout, negativeD], 1));
  const right = g.concat([flat(v), g.broadcast(g.constant([1]), [batch, 1, rows * cols])], 1);
  const [flatQ, flatDout, keys] = [flat(q), flat(dout), sequence(k)];

  const dQ: Node[] = [];
  let [dK, dV]: [Node?, Node?] = [];
  for (const { start, end, weights } of attentionBlocks(node)) {
    const dS = g.mul(weights, g.matmul(g.slice(left, 1, start, end), g.slice(right, 2, 0, end)));
    dQ.push(g.matmul(dS, g.slice(keys, 1, 0, end)));
    /** The sum so far plus this block's contribution to keys 0 .. end-1: [batch, channels, end]. */
    const added = (sum: Node | undefined, rows: Node, byKey: Node) => {
      const part = g.matmul(g.slice(rows, 2, start, end), byKey);
      return sum ? g.add(g.pad(sum, 2, 0, end - start), part) : part;
    };
    dK = added(dK, flatQ, dS);
    dV = added(dV, flatDout, weights);
  }
  const fields = [g.transposeLastTwo(g.concat(dQ, 1)), dK!, dV!];
  return fields.map((field, i) => g.reshape(field, node.inputs[i]!.shape));
}
