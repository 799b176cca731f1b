import { broadcast, constant, pad, reshape, slice } from "../../graph/language.ts";
import { is, type Node } from "../../graph/node.ts";
import type { Primitive } from "../../graph/primitives.ts";
import { innerNodes } from "../../graph/recurrence.ts";
import { orderOf } from "../../graph/recurrence-order.ts";
import { rewriteGraph } from "../../graph/walk.ts";
import { frontRules, type FrontRule, type FrontValues } from "./front-rules.ts";
import { Fronts, type Front } from "./fronts.ts";

/**
 * The graph with every recurrence written out: front after front (row after row, or diagonal after diagonal), all positions of
 * a front at once, as matrix products over [positions, batch, channels].
 */
export const unrollRecurrences = (outputs: readonly Node[]): Node[] =>
  rewriteGraph(outputs, (node) => (is(node, "recur") ? new Unrolling(node).field() : node));

/** The values of what is inside a recurrence, front by front. Each is made when it is first asked for. */
class Unrolling implements FrontValues {
  readonly #body: Node;
  readonly #state: Node;
  readonly #inner: ReadonlySet<Node>;
  readonly #fronts: Fronts;
  readonly #values = new Map<Node, Map<Front, Node>>();
  readonly #skewed = new Map<Node, Node>();

  constructor(recurrence: Node<"recur">) {
    [this.#body, this.#state] = recurrence.inputs as [Node, Node];
    this.#inner = new Set(innerNodes(recurrence));
    const [, , rows, cols] = recurrence.shape as [number, number, number, number];
    this.#fronts = new Fronts(orderOf(recurrence), rows, cols);
  }

  field(): Node {
    return this.#fronts.field(this.#fronts.list.map((front) => this.at(this.#body, front)));
  }

  isInner(node: Node): boolean {
    return node === this.#state || this.#inner.has(node);
  }

  at(node: Node, front: Front): Node {
    if (node === this.#state) return this.at(this.#body, front);
    if (!this.#inner.has(node)) return this.#fixedAt(node, front);
    const values = this.#values.get(node) ?? new Map<Front, Node>();
    this.#values.set(node, values);
    let value = values.get(front);
    if (!value) {
      value = (frontRules[node.op] as FrontRule<Primitive>)(node, front, this);
      values.set(front, value);
    }
    return value;
  }

  read(node: Node, front: Front, rows: number, cols: number): Node | undefined {
    const from = this.#fronts.read(front, rows, cols);
    if (!from) return undefined;
    const wanted = front.first + this.#fronts.along(rows, cols) - from.first;
    const [start, end] = [Math.max(wanted, 0), Math.min(wanted + front.count, from.count)];
    if (start >= end) return undefined;
    const found = slice(this.at(node, from), 0, start, end);
    return pad(found, 0, start - wanted, wanted + front.count - end);
  }

  zeros(front: Front, channels: number): Node {
    return broadcast(constant([0], []), [front.count, this.#state.shape[0]!, channels]);
  }

  /** A value that does not depend on the state: of a field the front's part. */
  #fixedAt(node: Node, front: Front): Node {
    const shape = [1, 1, 1, 1, ...node.shape].slice(-4) as [number, number, number, number];
    const [batch, channels, rows, cols] = shape;
    if (rows === 1 && cols === 1) return reshape(node, [1, batch, channels]);
    let skewed = this.#skewed.get(node);
    if (!skewed) {
      const [, , ...size] = this.#state.shape;
      skewed = this.#fronts.skewed(broadcast(node, [batch, channels, ...size]));
      this.#skewed.set(node, skewed);
    }
    return this.#fronts.at(skewed, front);
  }
}
