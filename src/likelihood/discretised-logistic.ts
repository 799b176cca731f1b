import {
  abs,
  add,
  div,
  equal,
  exp,
  log,
  mul,
  neg,
  relu,
  sigmoid,
  sub,
  tanh,
  where,
} from "../graph/language.ts";
import type { Node } from "../graph/node.ts";

/** The parts of the line from -1 to 1, and beyond it, that the levels of a picture stand for. */
export interface Bins {
  /** The middle of each sub-pixel's bin. */
  readonly place: Node;
  /** -1 where it is the lowest bin, 1 where it is the highest, which are open on that side; else 0. */
  readonly outward: Node;
  /** How far a bin extends from its middle to both sides. */
  readonly half: number;
}

/** The bins of a picture's levels 0 .. levels-1. */
export const binsOf = (pictures: Node, levels: number): Bins => ({
  place: sub(mul(pictures, 2 / (levels - 1)), 1),
  outward: sub(equal(pictures, levels - 1), equal(pictures, 0)),
  half: 1 / (levels - 1),
});

/**
 * log(sigmoid(b) - sigmoid(a)) for the edges a < b of a bin, measured in scales from the mean. The middle of the bin
 * is `place`, and it extends by `half` to both sides; where `outward` is -1 or 1 it is the
 * lowest or the highest bin, which is open on that side.
 *
 * It is the tail beyond the nearer edge, at a distance of q, sigmoid(-q), times the bin's share of that tail, which
 * is sigmoid(b) (1 - e^(a - b)) for b > -a, and 1 for an open bin. 1 - e^(-2h) = 2 tanh(h) / (1 + tanh(h)) keeps its
 * digits for any h. Nothing here is a small difference of large numbers, overflows, or is the logarithm of 0.
 */
export function logMass(place: Node, outward: Node, mean: Node, logScale: Node, half: number): Node {
  const inverse = exp(neg(logScale));
  const h = mul(half, inverse);
  const middle = mul(sub(place, mean), inverse);
  const distance = where(outward, mul(middle, outward), abs(middle));
  const q = sub(distance, h);
  const t = tanh(h);
  const share = where(outward, 1, mul(sigmoid(add(distance, h)), div(mul(2, t), add(1, t))));
  // log sigmoid(-q) = log sigmoid(|q|) - max(q, 0)
  return sub(log(mul(sigmoid(abs(q)), share)), relu(q));
}
