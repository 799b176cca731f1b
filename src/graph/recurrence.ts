import { NextpixelError } from "../basics/errors.ts";
import type { Node } from "./node.ts";
import { is } from "./node.ts";
import { dependentsOf, topologicalOrder } from "./walk.ts";

// A recurrence is how LSTMs are written: `recur(shapes, body)` hands the states to the body, which reads them at other
// positions through shifts and convolutions and returns the new ones. In the graph that is a node recur(body, state):
// its value is the one that the body has where the leaf `state` has that value too. No order of computation is written
// anywhere. Those who interpret a graph (the tests' reference, causality, the sampler's times) need none either, see
// `interpret`; those who compute with it find one, see `orderOf`.

/**
 * The nodes inside a recurrence, which are computed anew for every position: those that depend on its state. Each
 * comes after its inputs.
 */
export function innerNodes(recurrence: Node): Node[] {
  const [body, state] = recurrence.inputs as [Node, Node];
  return [...dependentsOf(topologicalOrder([body]), [state])].slice(1);
}

/** How an interpreter computes a value for each node of a graph that may have recurrences. */
export interface Interpretation<T> {
  /** The first value of a state. */
  start(state: Node): T;
  compute(node: Node, valueOf: (operand: Node) => T): T;
  isSame(a: T, b: T): boolean;
}

/**
 * The value of every node. The nodes inside a recurrence are computed repeatedly, each time with the body's last
 * value as the state, until that value no longer changes. Each pass makes at least one more position right, in the
 * order in which positions depend on each other.
 *
 * @throws SCHEDULE error if a position depends on itself.
 */
export function interpret<T>(outputs: readonly Node[], rules: Interpretation<T>): Map<Node, T> {
  const values = new Map<Node, T>();
  const valueOf = (node: Node) => values.get(node)!;
  const visit = (node: Node): void => {
    values.set(node, is(node, "state") ? rules.start(node) : rules.compute(node, valueOf));
    if (is(node, "recur")) settle(node);
  };
  const settle = (recurrence: Node): void => {
    const [body, state] = recurrence.inputs as [Node, Node];
    const inner = innerNodes(recurrence);
    const [, , rows, cols] = state.shape as [number, number, number, number];
    for (let settled = 0; !rules.isSame(valueOf(body), valueOf(state)); settled++) {
      if (settled > rows * cols) throw circular(recurrence);
      values.set(state, valueOf(body));
      inner.forEach(visit);
    }
    values.set(recurrence, rules.compute(recurrence, valueOf));
  };
  topologicalOrder(outputs).forEach(visit);
  return values;
}

/** The error for a recurrence that has no order; `received` says what it is like. */
export function circular(
  recurrence: Node,
  received = "one in which they wait for each other",
): NextpixelError {
  const name = [recurrence, ...innerNodes(recurrence)].find((node) => node.name !== undefined)?.name;
  return new NextpixelError(
    "SCHEDULE",
    `expected a recurrence whose positions can be computed one after the other, received ${received}` +
      (name === undefined ? "" : ` (at ${name})`),
  );
}
