import { gatherAll, stridesInto } from "./indexing.ts";
import { is, type Node } from "./node.ts";
import { POINTWISE, pointwiseTable, type PointwisePrimitive } from "./pointwise.ts";
import type { Primitive, Shape } from "./primitives.ts";
import { broadcastShape, sameShape, sizeOf } from "./shapes.ts";
import { topologicalOrder } from "./walk.ts";

/**
 * The value of a node that depends on constants only. It has the node's axes, but size 1 along axes where the value
 * is repeated: a broadcast takes no memory.
 */
export interface ConstantValue {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** The value of a constant or of a constant that is broadcast; undefined for any other node. */
export function storedValue(node: Node): ConstantValue | undefined {
  if (is(node, "constant")) return { shape: node.shape, data: node.attributes.data };
  const [x] = node.inputs;
  return is(node, "broadcast") && x && is(x, "constant")
    ? { shape: withRank(x.shape, node.shape.length), data: x.attributes.data }
    : undefined;
}

/** All elements of a node in row-major order, if it depends on constants only; otherwise undefined. */
export function constantElements(node: Node): Float64Array | undefined {
  const values = new Map<Node, ConstantValue>();
  for (const each of topologicalOrder([node])) {
    const value = storedValue(each) ?? computedValue(each, (operand) => values.get(operand));
    if (!value) return undefined;
    values.set(each, value);
  }
  return elements(values.get(node)!, node.shape);
}

/** The value of a node, if all operands have a value and there is a rule for the primitive. */
export function computedValue(
  node: Node,
  valueOf: (operand: Node) => ConstantValue | undefined,
): ConstantValue | undefined {
  const operands = node.inputs.map(valueOf);
  if (operands.length === 0 || operands.includes(undefined)) return undefined;
  const rule = (VALUES as Partial<Record<Primitive, ValueRule>>)[node.op];
  return rule?.(node, operands as ConstantValue[]);
}

/** `shape` with axes of size 1 in front. */
const withRank = (shape: Shape, rank: number): Shape => [
  ...Array.from({ length: rank - shape.length }, () => 1),
  ...shape,
];

/** The elements, broadcast to a shape. */
const elements = ({ shape, data }: ConstantValue, to: Shape): Float64Array =>
  sameShape(shape, to) ? data : gatherAll(data, stridesInto(shape, to), to);

/** The value, broadcast along some axes to the sizes that its node has there (`full` is the node's shape). */
function along(value: ConstantValue, axes: readonly number[], full: Shape): ConstantValue {
  const shape = value.shape.map((size, axis) => (axes.includes(axis) ? full[axis]! : size));
  return { shape, data: elements(value, shape) };
}

type ValueRule<P extends Primitive = Primitive> = (
  node: Node<P>,
  operands: readonly ConstantValue[],
) => ConstantValue;

const pointwise =
  (op: PointwisePrimitive): ValueRule =>
  ({ shape: { length: rank } }, operands) => {
    const shape = operands.reduce<Shape>(
      (all, operand) => broadcastShape(all, operand.shape)!,
      withRank([], rank),
    );
    const [a, b = a, c = a] = operands.map((operand) => elements(operand, shape));
    return { shape, data: a!.map((value, i) => POINTWISE[op](value, b![i]!, c![i]!)) };
  };

/** Elements are combined in row-major order, so that sums are rounded as in the reference of the tests. */
const reduction =
  (start: number, combine: (a: number, b: number) => number) =>
  (node: Node<"sum"> | Node<"max">, [x]: readonly ConstantValue[]): ConstantValue => {
    const { axes } = node.attributes;
    const { shape: from, data } = along(x!, axes, node.inputs[0]!.shape);
    const shape = from.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const result = new Float64Array(sizeOf(shape)).fill(start);
    const places = result.map((_, i) => i);
    gatherAll(places, stridesInto(shape, from), from).forEach((place, i) => {
      result[place] = combine(result[place]!, data[i]!);
    });
    return { shape, data: result };
  };

/** Copies a value into the result at index `start` of an axis; what falls outside the result is cut off. */
function copyTo(result: ConstantValue, { shape, data }: ConstantValue, axis: number, start: number): void {
  const inner = sizeOf(shape.slice(axis + 1));
  const [size, resultSize] = [shape[axis]!, result.shape[axis]!];
  const [from, to] = [Math.max(0, -start), Math.min(size, resultSize - start)];
  if (from >= to) return;
  for (let block = 0; block < sizeOf(shape.slice(0, axis)); block++) {
    const part = data.subarray((block * size + from) * inner, (block * size + to) * inner);
    result.data.set(part, (block * resultSize + start + from) * inner);
  }
}

/**
 * Indices start .. start+size-1 of an axis. Indices outside the operand, whose node has the shape `full`, give zeros.
 */
function range(x: ConstantValue, full: Shape, axis: number, start: number, size: number): ConstantValue {
  const isWithin = start >= 0 && start + size <= full[axis]!;
  if (isWithin && x.shape[axis] === 1) return x;
  const shape = x.shape.with(axis, size);
  const result = { shape, data: new Float64Array(sizeOf(shape)) };
  copyTo(result, along(x, [axis], full), axis, -start);
  return result;
}

/** The primitives that are folded. Convolutions and attention over constants are left to the kernels. */
const VALUES = {
  ...pointwiseTable(pointwise),
  broadcast: ({ shape }, [x]) => ({ shape: withRank(x!.shape, shape.length), data: x!.data }),
  reshape: ({ inputs, shape }, [x]) =>
    x!.data.length === 1
      ? { shape: shape.map(() => 1), data: x!.data }
      : { shape, data: elements(x!, inputs[0]!.shape) },
  transpose: ({ attributes: { permutation } }, [x]) => {
    const strides = stridesInto(x!.shape, x!.shape);
    const shape = permutation.map((axis) => x!.shape[axis]!);
    return {
      shape,
      data: gatherAll(
        x!.data,
        permutation.map((axis) => strides[axis]!),
        shape,
      ),
    };
  },
  slice: ({ inputs, attributes: { axis, start, end } }, [x]) =>
    range(x!, inputs[0]!.shape, axis, start, end - start),
  pad: ({ inputs, shape, attributes: { axis, before } }, [x]) =>
    range(x!, inputs[0]!.shape, axis, -before, shape[axis]!),
  shift: ({ shape, attributes: { rows, cols } }, [x]) =>
    range(range(x!, shape, 2, -rows, shape[2]!), shape, 3, -cols, shape[3]!),
  concat: ({ inputs, shape: full, attributes: { axis } }, operands) => {
    const others = operands.reduce<Shape>(
      (all, operand) => broadcastShape(all, operand.shape.with(axis, 1))!,
      full.map(() => 1),
    );
    const shape = others.with(axis, full[axis]!);
    const result = { shape, data: new Float64Array(sizeOf(shape)) };
    let start = 0;
    operands.forEach((operand, i) => {
      const size = inputs[i]!.shape[axis]!;
      const own = others.with(axis, size);
      copyTo(result, { shape: own, data: elements(operand, own) }, axis, start);
      start += size;
    });
    return result;
  },
  sum: reduction(0, (a, b) => a + b),
  max: reduction(-Infinity, Math.max),
  softmax: ({ inputs }, [x]) => {
    const { shape, data } = along(x!, [x!.shape.length - 1], inputs[0]!.shape);
    const run = shape.at(-1)!;
    const result = new Float64Array(data.length);
    for (let start = 0; start < data.length; start += run) {
      const scores = data.subarray(start, start + run);
      const largest = scores.reduce((a, b) => Math.max(a, b));
      const powers = scores.map((score) => Math.exp(score - largest));
      const total = powers.reduce((a, b) => a + b);
      result.set(
        powers.map((power) => power / total),
        start,
      );
    }
    return { shape, data: result };
  },
  matmul: ({ inputs, shape }, operands) => {
    const batch = shape.slice(0, -2);
    const [m, n] = shape.slice(-2) as [number, number];
    const depth = inputs[0]!.shape.at(-1)!;
    const [a, b] = operands.map((operand, i) => elements(operand, [...batch, ...inputs[i]!.shape.slice(-2)]));
    const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
      const [row, col] = [Math.floor(i / n), i % n];
      const columns = Math.floor(row / m) * depth;
      let total = 0;
      for (let k = 0; k < depth; k++) total += a![row * depth + k]! * b![(columns + k) * n + col]!;
      return total;
    });
    return { shape, data };
  },
} satisfies { readonly [P in Primitive]?: ValueRule<P> };
