import { add, broadcast, mul, pad, shift, sigmoid, slice, tanh } from "../graph/language.ts";
import type { Node } from "../graph/node.ts";
import { zeros } from "./initialisers.ts";
import type { Scope } from "./scope.ts";

/**
 * The LSTM cell of PixelRNN (van den Oord, Kalchbrenner, Kavukcuoglu 2016, equation 3): from the sum of
 * input-to-state and state-to-state, [.., 4h, ..], in the order o, f, i, g, and the cell's state before, c, [.., h,
 * ..].
 */
export function lstmCell(sums: Node, c: Node): [c: Node, h: Node] {
  const size = c.shape[1]!;
  const gates = sigmoid(slice(sums, 1, 0, 3 * size));
  const [o, f, i] = [0, 1, 2].map((gate) => slice(gates, 1, gate * size, (gate + 1) * size)) as [
    Node,
    Node,
    Node,
  ];
  const g = tanh(slice(sums, 1, 3 * size, 4 * size));
  const cell = add(mul(f, c), mul(i, g));
  return [cell, mul(o, tanh(cell))];
}

/** The state of the row above. Above the first row it is a learned state, the same for all columns. */
export function rowAbove(scope: Scope, state: Node): Node {
  const [batch, maps, rows, cols] = state.shape as [number, number, number, number];
  const initial = scope.parameter("initial", [1, maps, 1, 1], zeros);
  const ofFirstRow = pad(broadcast(initial, [batch, maps, 1, cols]), 2, 0, rows - 1);
  return add(shift(state, 1, 0), ofFirstRow);
}
