import { broadcast, concat, constant, pad, reshape, slice } from "../../graph/language.ts";
import { is, type Node } from "../../graph/node.ts";
import type { Primitive } from "../../graph/primitives.ts";
import { innerNodes } from "../../graph/recurrence.ts";
import { orderOf } from "../../graph/recurrence-order.ts";
import { rewriteGraph } from "../../graph/walk.ts";
import { DiagonalLayout } from "./diagonal-layout.ts";
import { frontRules, isFrontwise } from "./front-rules.ts";
import type { FrontLayout, FrontRule, FrontValues } from "./front-values.ts";
import { Fronts, type Front } from "./fronts.ts";
import { partOf } from "./parts.ts";
import { RowLayout } from "./row-layout.ts";

/**
 * The graph with every recurrence unrolled front by front (row by row, or diagonal by diagonal); all positions of a
 * front are computed at once.
 */
export function unrollRecurrences(outputs: readonly Node[]): Node[] {
  const unrolled: UnrolledFields = new Map();
  return rewriteGraph(outputs, (node) => {
    if (is(node, "recur")) return new Unrolling(node, unrolled).field();
    return is(node, "slice") ? partOf(node.inputs[0]!, node.attributes) : node;
  });
}

/** The results of unrolled recurrences, and the values on fronts of which they are composed. */
type UnrolledFields = Map<Node, { readonly fronts: Fronts; readonly values: readonly Node[] }>;

/** The values of the nodes inside a recurrence, front by front. Each is created when it is first needed. */
class Unrolling implements FrontValues {
  readonly #body: Node;
  readonly #state: Node;
  readonly #inner: ReadonlySet<Node>;
  readonly fronts: Fronts;
  readonly layout: FrontLayout;
  readonly #values = new Map<Node, Map<Front, Node>>();
  readonly #prepared = new Map<Node, Node>();
  readonly #unrolled: UnrolledFields;
  readonly #isByFronts = new Map<Node, boolean>();

  constructor(recurrence: Node<"recur">, unrolled: UnrolledFields) {
    this.#unrolled = unrolled;
    [this.#body, this.#state] = recurrence.inputs as [Node, Node];
    this.#inner = new Set(innerNodes(recurrence));
    const [, , rows, cols] = recurrence.shape as [number, number, number, number];
    this.fronts = new Fronts(orderOf(recurrence), rows, cols);
    this.layout = this.fronts.areRows ? new RowLayout(this.fronts) : new DiagonalLayout(this.fronts);
  }

  /** The recurrence's value, a field for each of its states. States that nothing reads are not assembled. */
  field(): Node {
    const body = this.#body;
    const states = is(body, "concat") && body.attributes.axis === 1 ? body.inputs : [body];
    const fields = states.map((state) => {
      const values = this.fronts.list.map((front) => this.at(state, front));
      const field = this.layout.field(values);
      this.#unrolled.set(field, { fronts: this.fronts, values });
      return field;
    });
    return concat(fields, 1);
  }

  isInner(node: Node): boolean {
    return node === this.#state || this.#inner.has(node);
  }

  at(node: Node, front: Front): Node {
    if (node === this.#state) return this.at(this.#body, front);
    const known = this.#unrolled.get(node);
    if (known && this.fronts.isLike(known.fronts))
      return known.values[known.fronts.indexOf(front, this.fronts)]!;
    if (!this.#inner.has(node) && !this.#isOfFronts(node)) return this.#fixedAt(node, front);
    const values = this.#values.get(node) ?? new Map<Front, Node>();
    this.#values.set(node, values);
    let value = values.get(front);
    if (!value) {
      value = (frontRules[node.op] as FrontRule<Primitive>)(node, front, this);
      values.set(front, value);
    }
    return value;
  }

  isInside(front: Front, rows: number, cols: number): boolean {
    return this.#overlap(front, rows, cols) !== undefined;
  }

  moved(front: Front, rows: number, cols: number, value: (from: Front) => Node): Node {
    const { from, wanted, start, end } = this.#overlap(front, rows, cols)!;
    const { positions } = this.layout;
    return pad(
      slice(value(from), positions, start, end),
      positions,
      start - wanted,
      wanted + front.count - end,
    );
  }

  /**
   * The front of the positions that are `rows` and `cols` further, where on it they begin, and which of them, start
   * .. end-1, are within the picture.
   */
  #overlap(front: Front, rows: number, cols: number) {
    const from = this.fronts.read(front, rows, cols);
    if (!from) return undefined;
    const wanted = front.first + this.fronts.along(rows, cols) - from.first;
    const [start, end] = [Math.max(wanted, 0), Math.min(wanted + front.count, from.count)];
    return start < end ? { from, wanted, start, end } : undefined;
  }

  zeros(front: Front, channels: number): Node {
    return broadcast(constant([0], []), this.layout.shape(this.#state.shape[0]!, channels, front.count));
  }

  /** Whether a node can be computed front by front from fields whose values on fronts are known. */
  #isOfFronts(node: Node): boolean {
    let found = this.#isByFronts.get(node);
    if (found === undefined) {
      const fields = node.inputs.filter(({ shape }) => shape.length === 4 && shape[2]! * shape[3]! > 1);
      found =
        isFrontwise(node) &&
        fields.length > 0 &&
        fields.every((operand) => {
          const known = this.#unrolled.get(operand);
          return (known !== undefined && this.fronts.isLike(known.fronts)) || this.#isOfFronts(operand);
        });
      this.#isByFronts.set(node, found);
    }
    return found;
  }

  /** A value that does not depend on the state; for a field, its part on the front. */
  #fixedAt(node: Node, front: Front): Node {
    const shape = [1, 1, 1, 1, ...node.shape].slice(-4) as [number, number, number, number];
    const [batch, channels, rows, cols] = shape;
    if (rows === 1 && cols === 1) return this.layout.everywhere(reshape(node, shape));
    let prepared = this.#prepared.get(node);
    if (!prepared) {
      const [, , ...size] = this.#state.shape;
      prepared = this.layout.prepare(broadcast(node, [batch, channels, ...size]));
      this.#prepared.set(node, prepared);
    }
    return this.layout.at(prepared, front);
  }
}
