import { expected } from "../../src/basics/errors.ts";
import type { Node } from "../../src/graph/node.ts";
import { POINTWISE, pointwiseTable } from "../../src/graph/pointwise.ts";
import type { Attributes, Primitive, Shape } from "../../src/graph/primitives.ts";
import { sizeOf } from "../../src/graph/shapes.ts";
import { interpret } from "../../src/graph/recurrence.ts";
import { attendRule, softmaxRule } from "./attention.ts";
import { convWeightGradientRule, convRule, convTransposeRule, shiftRule } from "./space.ts";
import { gatherAll, stridesInto } from "../../src/graph/indexing.ts";

/** Values of inputs and parameters by name, in row-major order. */
export type Feeds = Readonly<Record<string, ArrayLike<number>>>;

export type Evaluation<P extends Primitive> = (
  node: Node<P>,
  operands: readonly Float64Array[],
  feeds: Feeds,
) => Float64Array;

/**
 * The values of `outputs`, computed in float64 by the shortest code that is obviously right. Slow: it is the oracle
 * of the tests. ARGUMENT error if an input or a parameter is not fed, or has another size.
 */
export function evaluate(outputs: readonly Node[], feeds: Feeds): Float64Array[] {
  const values = interpret<Float64Array>(outputs, {
    start: (state) => new Float64Array(sizeOf(state.shape)),
    compute: (node, valueOf) =>
      (evaluationRules[node.op] as Evaluation<Primitive>)(node, node.inputs.map(valueOf), feeds),
    isSame: (a, b) => a.every((value, i) => Object.is(value, b[i])),
  });
  return outputs.map((output) => values.get(output)!);
}

const fed = (
  { attributes: { name, shape } }: Node<"input"> | Node<"parameter">,
  _: unknown,
  feeds: Feeds,
) => {
  const value = feeds[name];
  if (value?.length !== sizeOf(shape))
    throw expected("ARGUMENT", `${sizeOf(shape)} numbers`, name, value?.length);
  return Float64Array.from(value);
};

/** The operands' elements, broadcast to the node's shape, through `f`. */
const pointwise =
  (f: (a: number, b: number, c: number) => number) =>
  (node: Node, operands: readonly Float64Array[]): Float64Array => {
    const [a, b = a, c = a] = operands.map((data, i) =>
      gatherAll(data, stridesInto(node.inputs[i]!.shape, node.shape), node.shape),
    );
    return a!.map((value, i) => f(value, b![i]!, c![i]!));
  };

const reduction =
  (start: number, combine: (a: number, b: number) => number) =>
  (node: Node<"sum"> | Node<"max">, [x]: readonly Float64Array[]): Float64Array => {
    const shape = node.inputs[0]!.shape;
    const out = new Float64Array(sizeOf(node.shape)).fill(start);
    const target = gatherAll(
      out.map((_, i) => i),
      stridesInto(node.shape, shape),
      shape,
    );
    x!.forEach((value, i) => (out[target[i]!] = combine(out[target[i]!]!, value)));
    return out;
  };

export const evaluationRules: { readonly [P in Primitive]: Evaluation<P> } = {
  input: fed,
  parameter: fed,
  state: (node) => new Float64Array(sizeOf(node.shape)),
  recur: (_, [body]) => body!,
  constant: (node) => node.attributes.data,
  ...pointwiseTable((op) => pointwise(POINTWISE[op])),
  broadcast: pointwise((a) => a),
  reshape: (_, [x]) => x!,
  transpose: ({ inputs, shape, attributes: { permutation } }, [x]) => {
    const strides = stridesInto(inputs[0]!.shape, inputs[0]!.shape);
    return gatherAll(
      x!,
      permutation.map((axis) => strides[axis]!),
      shape,
    );
  },
  slice: (node, [x]) => {
    const { axis, start } = node.attributes;
    const strides = stridesInto(node.inputs[0]!.shape, node.inputs[0]!.shape);
    return gatherAll(x!.subarray(start * strides[axis]!), strides, node.shape);
  },
  pad: (node, [x]) => placed(node, [x!], [node.inputs[0]!], node.attributes.axis, node.attributes.before),
  concat: (node, operands) => placed(node, operands, node.inputs, node.attributes.axis, 0),
  sum: reduction(0, (a, b) => a + b),
  max: reduction(-Infinity, Math.max),
  softmax: softmaxRule,
  attend: attendRule,
  shift: shiftRule,
  conv: convRule,
  convTranspose: convTransposeRule,
  convWeightGradient: convWeightGradientRule,
  matmul: (node, [a, b]) => {
    const [left, right] = node.inputs as [Node, Node];
    const batch = node.shape.slice(0, -2);
    const [m, n] = node.shape.slice(-2) as [number, number];
    const inner = left.shape.at(-1)!;
    const indices = ({ shape }: Node) =>
      gatherAll(
        Float64Array.from({ length: sizeOf(shape.slice(0, -2)) }, (_, i) => i),
        stridesInto(shape.slice(0, -2), batch),
        batch,
      );
    const [batchOfA, batchOfB] = [indices(left), indices(right)];
    return Float64Array.from({ length: sizeOf(node.shape) }, (_, i) => {
      const [group, row, col] = unravel(i, [sizeOf(batch), m, n]) as [number, number, number];
      let total = 0;
      for (let k = 0; k < inner; k++) {
        total +=
          a![(batchOfA[group]! * m + row) * inner + k]! * b![(batchOfB[group]! * inner + k) * n + col]!;
      }
      return total;
    });
  },
};

/** Arrays laid one after the other along an axis, from `position` on; zeros elsewhere. */
function placed(
  node: Node,
  operands: readonly Float64Array[],
  inputs: readonly Node[],
  axis: Attributes["concat"]["axis"],
  position: number,
): Float64Array {
  const out = new Float64Array(sizeOf(node.shape));
  const inner = sizeOf(node.shape.slice(axis + 1));
  const outer = sizeOf(node.shape.slice(0, axis));
  let start = position;
  operands.forEach((data, i) => {
    const run = inputs[i]!.shape[axis]! * inner;
    for (let block = 0; block < outer; block++) {
      out.set(data.subarray(block * run, (block + 1) * run), (block * node.shape[axis]! + start) * inner);
    }
    start += inputs[i]!.shape[axis]!;
  });
  return out;
}

/** The index along every axis of the element number `i`. */
function unravel(i: number, shape: Shape): number[] {
  const index: number[] = [];
  let rest = i;
  for (const size of shape.toReversed()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
}
