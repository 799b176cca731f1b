import { add, concat, conv, slice } from "../../graph/language.ts";
import { is, makeNode, type Node } from "../../graph/node.ts";
import { noFrontRule, withoutMasked, type FrontLayout, type FrontValues } from "./front-values.ts";
import type { Front, Fronts } from "./fronts.ts";
import { partOf } from "./parts.ts";

/**
 * Values on rows are fields of one row, [batch, channels, 1, cols]. As fields they keep their blocks of channels: a
 * step of Row LSTM is 1.2 times as fast as with matrix products (docs/benchmarks.md).
 */
export class RowLayout implements FrontLayout {
  readonly positions = 3;
  readonly channels = 1;
  readonly convolution = rowConvolution;
  readonly #fronts: Fronts;

  constructor(fronts: Fronts) {
    this.#fronts = fronts;
  }

  shape(batch: number, channels: number, cols: number) {
    return [batch, channels, 1, cols];
  }

  everywhere(node: Node): Node {
    return node;
  }

  prepare(field: Node): Node {
    return field;
  }

  at(field: Node, { step }: Front): Node {
    const row = this.#fronts.order.rows * step;
    return partOf(field, { axis: 2, start: row, end: row + 1 });
  }

  field(values: readonly Node[]): Node {
    return concat(this.#fronts.order.rows === 1 ? values : values.toReversed(), 2);
  }
}

/** The sum of a convolution of one row for each row of the kernel. */
function rowConvolution(node: Node<"conv"> | Node<"convTranspose">, front: Front, values: FrontValues): Node {
  const [x, w] = node.inputs as [Node, Node];
  const { stride, mask, pad, dilation } = node.attributes;
  if (values.isInner(w) || stride[0] !== 1 || stride[1] !== 1) return noFrontRule(node);
  const weights = withoutMasked(w, mask);
  const sides = { top: 0, bottom: 0, left: pad.left, right: pad.right };
  const terms: Node[] = [];
  for (let row = 0; row < w.shape[2]!; row++) {
    const offset = row * dilation[0] - pad.top;
    // The gradient of a row comes from the rows that read it.
    const from = values.fronts.read(front, is(node, "conv") ? offset : -offset, 0);
    if (!from) continue;
    const [read, own] = [values.at(x, from), slice(weights, 2, row, row + 1)];
    const attributes = { pad: sides, stride, dilation, mask: undefined };
    terms.push(
      is(node, "conv")
        ? conv(read, own, attributes)
        : makeNode("convTranspose", [read, own], { ...attributes, size: [1, node.shape[3]!] }),
    );
  }
  return (
    terms.reduce<Node | undefined>((sum, term) => (sum ? add(sum, term) : term), undefined) ??
    values.zeros(front, node.shape[1]!)
  );
}
